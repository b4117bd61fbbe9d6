// The server's OpenAI-compatible API, as far as the page needs it.

/** The models, first the server's default: each an `id`, whether it is in memory, and what it does when a setting is left open. */
export async function listModels() {
    const response = await request("v1/models");
    const body = await response.json();
    // Models that embed or rerank cannot hold a conversation.
    const models = (Array.isArray(body.data) ? body.data : []).filter(
        // A further name of a model is no model of its own.
        ({ kind, alias_of: original }) => (kind ?? "language") === "language" && original === undefined);
    return models.map(({ id, status, default_sampling: sampling }) => ({
        id: String(id),
        loaded: status?.value !== "unloaded",
        defaults: { ...sampling, repeat_penalty: sampling?.repetition_penalty },
    }));
}

/**
 * Streams an answer. Yields `{text}`, `{thought}`, `{tokens}`, `{finishReason}`, `{usage}` and `{timings}` as they come; throws
 * with the server's own words when it refuses or fails.
 */
export async function* streamAnswer(fields, signal) {
    const response = await request("v1/chat/completions", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ ...fields, stream: true, stream_options: { include_usage: true } }),
        signal,
    });
    let ended = false;
    for await (const data of events(response.body)) {
        if (data === "[DONE]") return;
        const chunk = JSON.parse(data);
        if (chunk.error) throw new Error(chunk.error.message || "The server stopped with an error.");
        const choice = chunk.choices?.[0];
        if (choice?.delta?.reasoning_content) yield { thought: choice.delta.reasoning_content };
        // Before the text that they brought: an inspector wants to know where they begin.
        if (choice?.logprobs?.content && !choice.delta?.reasoning_content) yield { tokens: choice.logprobs.content.map(token) };
        if (choice?.delta?.content) yield { text: choice.delta.content };
        if (choice?.finish_reason) {
            ended = true;
            yield { finishReason: choice.finish_reason };
        }
        if (chunk.usage) yield { usage: chunk.usage };
        if (chunk.timings) yield { timings: chunk.timings };
    }
    if (!ended) throw new Error("The connection ended before the answer did.");
}

/** A token with its probability, and what else might have stood there. */
function token({ token: text, logprob, entropy, top_logprobs: others }) {
    const alternatives = (others ?? []).map((other) => ({ text: other.token, probability: Math.exp(other.logprob) }));
    return { text, probability: Math.exp(logprob), entropy, alternatives };
}

/** How much each word of a conversation matters for an answer: `{text, importance}`. */
export async function importanceOf(messages, answer, model) {
    const fields = model === "" ? { messages, answer } : { messages, answer, model };
    const response = await request("v1/importance", {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields),
    });
    return (await response.json()).parts;
}

/** The collections of documents. */
export async function listCollections() {
    return (await (await request("v1/collections")).json()).data;
}

/** A collection with its documents; null if there is none of that name. */
export async function collectionDetails(name) {
    return request(`v1/collections/${encodeURIComponent(name)}`).then((response) => response.json(), () => null);
}

/** The passages of a collection in a plane: objects with x, y, path, location and text. */
export async function collectionMap(name) {
    return (await (await request(`v1/collections/${encodeURIComponent(name)}/map`)).json()).points;
}

export async function removeCollection(name) {
    await request(`v1/collections/${encodeURIComponent(name)}`, { method: "DELETE" });
}

/** Sends files to be indexed; yields how that goes. */
export async function* uploadDocuments(name, files) {
    const documents = await Promise.all(files.map(async (file) => ({ name: file.name, content: await base64(file) })));
    yield* streamEvents(`v1/collections/${encodeURIComponent(name)}/documents`, { documents });
}

/** Asks a question of a collection; yields passages, text, and the end. */
export async function* askDocuments(name, question, signal) {
    yield* streamEvents(`v1/collections/${encodeURIComponent(name)}/ask`, { question }, signal);
}

async function* streamEvents(path, fields, signal) {
    const response = await request(path, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(fields), signal,
    });
    for await (const data of events(response.body)) {
        if (data === "[DONE]") return;
        const event = JSON.parse(data);
        if (event.error) throw new Error(event.error.message || "The server stopped with an error.");
        yield event;
    }
}

/** A file's bytes in base64. */
function base64(file) {
    return new Promise((resolve, reject) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
        reader.onerror = () => reject(new Error(`${file.name} cannot be read.`));
        reader.readAsDataURL(file);
    });
}

async function request(path, options) {
    let response;
    try {
        response = await fetch(path, options);
    } catch (error) {
        if (error.name === "AbortError") throw error;
        throw new Error("The server cannot be reached. Is swiftlet still running?");
    }
    if (response.ok) return response;
    const body = await response.json().catch(() => null);
    throw new Error(body?.error?.message || `The server answered with status ${response.status}.`);
}

/** The `data` of each server-sent event; events may be cut anywhere between network packets. */
async function* events(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    let data = [];
    try {
        for (;;) {
            const { value, done } = await reader.read();
            if (done) return;
            const lines = (rest + value).split("\n");
            rest = lines.pop();
            for (const line of lines.map((line) => line.replace(/\r$/, ""))) {
                if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
                if (line !== "" || data.length === 0) continue;
                yield data.join("\n");
                data = [];
            }
        }
    } finally {
        // Also closes the connection when the caller leaves early, which stops the server's work.
        reader.cancel().catch(() => {});
    }
}
