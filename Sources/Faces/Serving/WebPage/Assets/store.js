// Conversations, kept in this browser and nowhere else. Each has its own key, so that two tabs that write two
// conversations never undo each other.

import { toast } from "./dom.js";

const prefix = "swiftlet.conversation.";
const defaultsKey = "swiftlet.defaults";
const exportFormat = "swiftlet.conversations";

/** The sampling settings a conversation may set; all else is the model's own. */
export const samplingNames = ["temperature", "top_p", "top_k", "min_p", "repeat_penalty", "max_tokens", "seed"];

const conversations = new Map();

export function loadAll() {
    conversations.clear();
    for (let index = 0; index < storage().length; index += 1) {
        const key = storage().key(index);
        if (key.startsWith(prefix)) remember(storage().getItem(key));
    }
}

/** Takes over what another tab wrote; `undefined` when the change is not about a conversation. */
export function adopt(event) {
    if (!event.key?.startsWith(prefix)) return undefined;
    const id = event.key.slice(prefix.length);
    if (event.newValue === null) conversations.delete(id);
    else remember(event.newValue);
    return id;
}

function remember(text) {
    try {
        const conversation = checked(JSON.parse(text));
        if (conversation) conversations.set(conversation.id, conversation);
    } catch {
        // What cannot be read stays in storage untouched.
    }
}

/** All conversations that have something in them, the latest first. */
export function list() {
    return [...conversations.values()].sort((a, b) => b.updated - a.updated);
}

export const find = (id) => conversations.get(id);

/** A new conversation; it is stored with its first message. */
export function create() {
    const defaults = readDefaults();
    return {
        id: newID(), title: "", created: Date.now(), updated: Date.now(), model: "",
        system: defaults.system, settings: defaults.settings, messages: [],
    };
}

export function save(conversation, { touch = true } = {}) {
    if (touch) conversation.updated = Date.now();
    conversations.set(conversation.id, conversation);
    write(prefix + conversation.id, conversation);
}

export function remove(id) {
    conversations.delete(id);
    storage().removeItem(prefix + id);
}

export function readDefaults() {
    try {
        const defaults = JSON.parse(storage().getItem(defaultsKey)) ?? {};
        return { system: text(defaults.system), settings: checkedSettings(defaults.settings) };
    } catch {
        return { system: "", settings: {} };
    }
}

export const saveDefaults = (system, settings) => write(defaultsKey, { system, settings });

export function exportAll() {
    return JSON.stringify({ format: exportFormat, version: 1, conversations: list() }, null, 2);
}

/** Adds an exported file's conversations and returns how many were new. */
export function importAll(source) {
    let file;
    try {
        file = JSON.parse(source);
    } catch {
        throw new Error("This file is not JSON.");
    }
    if (file?.format !== exportFormat || !Array.isArray(file.conversations)) {
        throw new Error("This file was not exported from Swiftlet.");
    }
    let added = 0;
    for (const entry of file.conversations) {
        const conversation = checked(entry);
        if (!conversation) continue;
        const known = conversations.get(conversation.id);
        if (known && JSON.stringify(known) === JSON.stringify(conversation)) continue;
        // A different conversation under the same name may be newer or older: keep both.
        if (known) conversation.id = newID();
        save(conversation, { touch: false });
        added += 1;
    }
    return added;
}

/** The value as a conversation with every field of the right type, or null. */
function checked(value) {
    if (typeof value?.id !== "string" || !/^[\w-]{1,64}$/.test(value.id) || !Array.isArray(value.messages)) return null;
    return {
        id: value.id, title: text(value.title), created: Number(value.created) || 0, updated: Number(value.updated) || 0,
        model: text(value.model), system: text(value.system), settings: checkedSettings(value.settings),
        messages: value.messages.map(checkedMessage).filter(Boolean),
    };
}

function checkedMessage(value) {
    if (value?.role !== "user" && value?.role !== "assistant") return null;
    if (value.role === "user") return { role: "user", content: text(value.content) };
    const versions = (Array.isArray(value.versions) ? value.versions : []).filter(Boolean).map(checkedAnswer);
    const message = { role: "assistant", ...checkedAnswer(value), versions };
    if (versions[value.version]) message.version = value.version;
    return message;
}

function checkedAnswer(value) {
    const message = { content: text(value.content) };
    // An answer that was being written when the page closed will not be finished.
    const state = ["done", "length", "failed"].includes(value.state) ? value.state : "stopped";
    message.state = state;
    if (typeof value.thought === "string") message.thought = value.thought;
    if (typeof value.error === "string") message.error = value.error;
    if (value.stats && typeof value.stats === "object") {
        message.stats = {};
        for (const [name, number] of Object.entries(value.stats)) {
            if (Number.isFinite(number)) message.stats[name] = number;
        }
    }
    return message;
}

function checkedSettings(value) {
    const settings = {};
    for (const name of samplingNames) {
        if (Number.isFinite(value?.[name])) settings[name] = value[name];
    }
    return settings;
}

const text = (value) => (typeof value === "string" ? value : "");

function write(key, value) {
    try {
        storage().setItem(key, JSON.stringify(value));
    } catch {
        toast("The browser's storage is full or off: this change is not kept. Export, then delete old conversations.");
    }
}

// Private windows may refuse storage altogether; the page then works until it is closed.
const memory = { length: 0, key: () => "", getItem: () => null, setItem: () => {}, removeItem: () => {} };

function storage() {
    try {
        return localStorage ?? memory;
    } catch {
        return memory;
    }
}

/** Unlike `crypto.randomUUID`, this also works on a page served over plain HTTP to another machine. */
function newID() {
    const bytes = crypto.getRandomValues(new Uint8Array(12));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
