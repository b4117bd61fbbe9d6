#!/usr/bin/env bash
# Translates with tiny models from the command line: as an argument, line by line from standard input, with beams, over HTTP;
# languages that a model does not know are refused.
# Run: SWIFTLET=.build/debug/swiftlet bash Tests/EndToEndTests/translate.sh
source "$(dirname "$0")/common/checks.bash"

fixtures=$here/../InferenceTests/Fixtures/translation
translate() { "$swiftlet" translate "$fixtures/$1" "${@:2}" --max-tokens 6; }

one=$(translate t5 "The house is wonderful." --from en --to de)
[ -n "$one" ] || fail "no translation"
printf 'The house is wonderful.\n\nThe garden\n' | translate t5 - --from eng --to ger >"$work/lines"
[ "$(wc -l <"$work/lines")" = 3 ] || fail "not a line for each line: $(cat "$work/lines")"
[ "$(head -1 "$work/lines")" = "$one" ] || fail "a line is translated otherwise than an argument: $(cat "$work/lines")"
[ -z "$(sed -n 2p "$work/lines")" ] || fail "an empty line has a translation"
[ -n "$(translate m2m_100 "The house" --from fr --to en --beams 3)" ] || fail "no translation with beams"
# Which of its languages a model is to say, it is told in the text; those of the text it knows.
[ "$(translate marian "The house is large." --to fr)" != "$(translate marian "The house is large." --to de)" ] \
    || fail "the language does not matter"

expect 1 "knows no language xx" translate m2m_100 "The house" --from en --to xx
expect 1 "say it with --from" translate m2m_100 "The house" --to de
expect 1 "is no translator" "$swiftlet" translate "$here/../InferenceTests/Fixtures/tiny.gguf" "The house" --to de
expect 2 "--beams" "$swiftlet" translate "$fixtures/t5" "The house" --beams 0

# The server gives a prompt to the encoder.
serve "$fixtures/t5"
curl -sf "$address/v1/completions" -H 'Content-Type: application/json' \
    -d '{"prompt": "translate English to German: The house is wonderful.", "max_tokens": 6, "temperature": 0}' >"$work/answer"
[ "$(value "$work/answer" '["choices"][0]["text"].strip()')" = "$(sed 's/^ *//' <<<"$one")" ] \
    || fail "over HTTP another answer than \"$one\": $(cat "$work/answer")"
stop_server
