// Puts the page together: which conversation is shown, and what its buttons do.

import { Composer } from "./composer.js";
import { announce, toast } from "./dom.js";
import { answer, chooseVersion, isAnswering, requestMessages, stop, stopRemoved } from "./generation.js";
import { isInspecting, setInspecting } from "./inspector.js";
import { splitThought } from "./message.js";
import { Models } from "./models.js";
import { Settings, isCustomized } from "./settings.js";
import { Sidebar } from "./sidebar.js";
import * as store from "./store.js";
import { Transcript } from "./transcript.js";

const byID = (id) => document.getElementById(id);
const longestTitle = 60;

let current;
/** What was typed in each conversation and not sent. */
const drafts = new Map();

const transcript = new Transcript({
    scroller: byID("scroller"), messages: byID("messages"), welcome: byID("welcome"), jump: byID("jump"),
});
const composer = new Composer(byID("composer"), { send, stop: () => stop(current) });
const settings = new Settings(byID("settings"), () => showState());
const models = new Models(byID("model"), {
    picked: (name) => {
        current.model = name;
        if (current.messages.length > 0) store.save(current, { touch: false });
    },
    problem: (text) => {
        byID("notice").hidden = text === null;
        byID("notice-text").textContent = text ?? "";
    },
});
const sidebar = new Sidebar(byID("sidebar"), {
    isAnswering,
    open: (id) => {
        open(store.find(id));
        closeDrawer();
    },
    removed: (id) => {
        stopRemoved(id);
        if (current.id === id) open(store.create());
        else sidebar.show(current.id);
    },
    renamed: () => showState(),
});

// Conversations.

function open(conversation) {
    if (!conversation) return;
    if (current) drafts.set(current.id, composer.text);
    current = conversation;
    // The address says which conversation is shown, so that a reload or a second tab finds it.
    const known = store.find(conversation.id) !== undefined;
    history.replaceState(null, "", known ? `#${conversation.id}` : location.pathname);
    composer.text = drafts.get(conversation.id) ?? "";
    showMessages();
    showState();
    composer.focus();
}

function showMessages(options) {
    transcript.show(current, (index) => ({
        retry: () => restart(index),
        edit: (text) => restart(index, text),
        remove: () => removeExchange(index),
        choose: (version) => {
            chooseVersion(current.messages[index], version);
            store.save(current, { touch: false });
            showMessages({ follow: false });
        },
        continueFrom: (beginning) => restart(index, undefined, { beginning }),
        steer: (attention) => restart(index, undefined, { attention }),
        messages: () => requestMessages(current.system, current.messages.slice(0, index)),
        model: () => models.choose(current),
    }), options);
    transcript.update();
}

function showState() {
    document.title = current.title ? `${current.title} · Swiftlet` : "Swiftlet";
    byID("title").textContent = current.title;
    byID("open-settings").classList.toggle("customized", isCustomized(current));
    composer.setAnswering(isAnswering(current));
    byID("messages").classList.toggle("answering", isAnswering(current));
    models.show(models.choose(current));
    sidebar.show(current.id);
}

// Messages.

function send(text) {
    if (isAnswering(current)) return false;
    current.messages.push({ role: "user", content: text });
    if (current.title === "") current.title = titleFrom(text);
    startAnswer();
    return true;
}

/** Answers again from a message on: an answer is replaced, a question gets its new text. `how` is for `answer`. */
function restart(index, text, how) {
    if (isAnswering(current)) return;
    const message = current.messages[index];
    if (text !== undefined) {
        if (index === 0 && current.title === titleFrom(message.content)) current.title = titleFrom(text);
        current.messages.splice(index, Infinity, { role: "user", content: text });
    } else {
        current.messages.splice(index);
    }
    startAnswer(text === undefined ? message.versions : undefined, how);
}

/** Removes a question with its answer: chat templates want the two to alternate. */
function removeExchange(index) {
    if (isAnswering(current)) return;
    const conversation = current;
    const before = [...conversation.messages];
    const start = before[index].role === "assistant" && before[index - 1]?.role === "user" ? index - 1 : index;
    const count = before[start].role === "user" && before[start + 1]?.role === "assistant" ? 2 : 1;
    const keep = (messages) => {
        conversation.messages = messages;
        store.save(conversation, { touch: false });
        if (current === conversation) showMessages({ follow: false });
    };
    keep(before.toSpliced(start, count));
    toast("Deleted.", "Undo", () => {
        if (!isAnswering(conversation)) keep(before);
    });
}

/** `versions` are earlier answers to the same question. */
async function startAnswer(versions, how) {
    const conversation = current;
    // The server may have come up since the page was opened.
    if (models.names.length === 0) models.load().then(showState);
    conversation.model = models.choose(conversation);
    const finished = answer(conversation, versions, () => {
        if (current === conversation) transcript.update();
    }, how);
    if (current === conversation) {
        history.replaceState(null, "", `#${conversation.id}`);
        showMessages();
        showState();
        composer.focus();
        announce("Answering");
    }
    await finished;
    if (current === conversation) {
        const message = conversation.messages.at(-1);
        announce(message?.state === "failed" ? "" : splitThought(message ?? { content: "" }).text);
    }
    showState();
}

function titleFrom(text) {
    const line = text.split("\n").find((line) => line.trim() !== "").trim();
    return line.length > longestTitle ? `${line.slice(0, longestTitle - 1).trimEnd()}…` : line;
}

// The drawer that holds the list on narrow screens.

function setDrawer(isOpen) {
    document.body.classList.toggle("drawer-open", isOpen);
    byID("open-sidebar").setAttribute("aria-expanded", String(isOpen));
}

function closeDrawer() {
    setDrawer(false);
}

function startNew() {
    open(store.create());
    closeDrawer();
}

byID("open-sidebar").addEventListener("click", () => {
    setDrawer(true);
    byID("close-sidebar").focus();
});
byID("close-sidebar").addEventListener("click", () => {
    closeDrawer();
    byID("open-sidebar").focus();
});
byID("scrim").addEventListener("click", closeDrawer);
byID("new-chat").addEventListener("click", startNew);
byID("new-chat-top").addEventListener("click", startNew);
byID("theme").addEventListener("click", () => window.toggleTheme());
byID("open-settings").addEventListener("click", () => settings.open(current, models.defaults(models.choose(current))));
function showInspecting() {
    byID("inspect").setAttribute("aria-pressed", String(isInspecting()));
}

byID("inspect").addEventListener("click", () => {
    setInspecting(!isInspecting());
    showInspecting();
    if (!isAnswering(current)) showMessages({ follow: false });
});
showInspecting();
byID("notice-retry").addEventListener("click", async () => {
    await models.load();
    showState();
});
for (const example of document.querySelectorAll("#examples button")) {
    example.addEventListener("click", () => send(example.dataset.prompt));
}

document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || byID("settings").open) return;
    if (document.body.classList.contains("drawer-open")) closeDrawer();
    else if (isAnswering(current)) stop(current);
});
addEventListener("storage", (event) => {
    const id = store.adopt(event);
    if (id === undefined) return;
    const shown = store.find(current.id);
    if (id === current.id && shown && !isAnswering(current)) {
        current = shown;
        showMessages({ follow: false });
    }
    showState();
});
addEventListener("hashchange", () => open(store.find(location.hash.slice(1))));
addEventListener("pagehide", () => {
    for (const conversation of store.list()) {
        if (isAnswering(conversation)) store.save(conversation);
    }
});

store.loadAll();
open(store.find(location.hash.slice(1)) ?? store.create());
await models.load();
showState();
