// Answers being written. They go on while another conversation is shown, and each keeps what it has so far.

import { streamAnswer } from "./api.js";
import * as inspector from "./inspector.js";
import * as store from "./store.js";

const active = new Map();
/** How often a growing answer is stored, so that closing the page loses at most this much. */
const saveEvery = 1000;

export const isAnswering = (conversation) => active.has(conversation.id);

export function stop(conversation) {
    active.get(conversation.id)?.abort();
}

/** Nobody needs an answer in a conversation that is gone. */
export const stopRemoved = (id) => active.get(id)?.abort();

/**
 * Writes an answer to the end of a conversation and tells `changed` at every step; errors end up in the message.
 * `beginning` is what the answer begins with, `attention` how much passages of the prompt count.
 */
export async function answer(conversation, versions, changed, { beginning = "", attention } = {}) {
    const controller = new AbortController();
    const fields = {
        messages: requestMessages(conversation.system, conversation.messages), ...conversation.settings,
        ...inspector.requestFields(),
    };
    if (beginning !== "") {
        fields.messages.push({ role: "assistant", content: beginning });
        fields.continue_final_message = true;
    }
    if (attention) fields.attention = attention;
    if (conversation.model !== "") fields.model = conversation.model;
    const message = { role: "assistant", content: beginning, state: "streaming", started: Date.now(), versions: versions ?? [] };
    conversation.messages.push(message);
    active.set(conversation.id, controller);
    store.save(conversation);
    changed(message);

    const clock = { chunks: 0 };
    let lastSave = Date.now();
    try {
        let reason = "stop";
        for await (const event of streamAnswer(fields, controller.signal)) {
            if (event.text || event.thought) tick(clock);
            if (event.tokens) inspector.note(message, event.tokens, message.content.length);
            if (event.text) message.content += event.text;
            if (event.thought) message.thought = (message.thought ?? "") + event.thought;
            if (event.finishReason) reason = event.finishReason;
            if (event.usage) clock.usage = event.usage;
            if (event.timings) clock.timings = event.timings;
            if (Date.now() - lastSave > saveEvery && store.find(conversation.id)) {
                lastSave = Date.now();
                store.save(conversation);
            }
            changed(message);
        }
        message.state = reason === "length" ? "length" : "done";
    } catch (error) {
        message.state = error.name === "AbortError" ? "stopped" : "failed";
        if (message.state === "failed") message.error = error.message;
    }
    delete message.started;
    inspector.finish(message);
    message.stats = statistics(clock);
    if (message.content !== "") keepVersion(message);
    active.delete(conversation.id);
    // A conversation that was deleted meanwhile must not come back.
    if (store.find(conversation.id)) store.save(conversation);
    changed(message);
}

/** Answering again keeps what was said before: an answer shows one of its `versions`, the one at `version`. */
function keepVersion(message) {
    const { content, thought, state, error, stats } = message;
    message.versions = [...message.versions, { content, thought, state, error, stats }];
    message.version = message.versions.length - 1;
}

export function chooseVersion(message, version) {
    Object.assign(message, message.versions[version], { version });
}

/** What the model reads: chat templates want turns that alternate, so failed answers are left out and turns joined. */
export function requestMessages(system, turns) {
    const messages = system.trim() === "" ? [] : [{ role: "system", content: system }];
    for (const { role, content } of turns) {
        if (content === "") continue;
        const last = messages.at(-1);
        if (last?.role === role) last.content += `\n\n${content}`;
        else messages.push({ role, content });
    }
    return messages;
}

function tick(clock) {
    clock.last = performance.now();
    clock.first ??= clock.last;
    clock.chunks += 1;
}

/** The server's own measurements; without them, what could be measured from here. */
function statistics({ chunks, first, last, usage, timings }) {
    const tokens = timings?.predicted_n ?? usage?.completion_tokens ?? chunks;
    if (!tokens) return undefined;
    const measured = chunks > 1 && last > first ? ((chunks - 1) * 1000) / (last - first) : undefined;
    const stats = {
        tokens,
        promptTokens: usage?.prompt_tokens ?? timings?.prompt_n,
        perSecond: timings?.predicted_per_second ?? measured,
        promptPerSecond: timings?.prompt_per_second,
    };
    return Object.fromEntries(Object.entries(stats).filter(([, value]) => Number.isFinite(value)));
}
