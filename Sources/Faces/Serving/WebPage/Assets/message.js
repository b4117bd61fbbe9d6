// One message on the page.

import { copyButton, el, fitHeight, icon, iconButton } from "./dom.js";
import { inspectorElement, isInspecting } from "./inspector.js";
import { showMarkdown } from "./markdown.js";

/** The element of a message. `actions` are what its buttons do: `retry`, `edit(text)`, `remove`, `choose(version)`, and the inspector's. */
export function messageElement(message, actions) {
    return message.role === "user" ? userElement(message, actions) : answerElement(message, actions);
}

function userElement(message, actions) {
    const bubble = el("div", { class: "bubble" }, message.content);
    const article = el("article", { class: "message user", "aria-label": "You" }, bubble);
    article.append(el("footer", {},
        copyButton("Copy message", () => message.content),
        iconButton("edit", "Edit and send again", () => edit(article, message, actions), { "data-action": "edit" }),
        iconButton("trash", "Delete this question and its answer", actions.remove, { "data-action": "delete" })));
    return article;
}

/** Turns a question into a form; sending it continues the conversation from there. */
function edit(article, message, actions) {
    const before = [...article.childNodes];
    const area = el("textarea", { "aria-label": "Edit your message", rows: "1", dir: "auto" });
    area.value = message.content;
    const cancel = () => {
        article.classList.remove("editing");
        article.replaceChildren(...before);
        article.querySelector("[data-action=edit]").focus();
    };
    const send = (event) => {
        event?.preventDefault();
        if (area.value.trim() !== "") actions.edit(area.value.trim());
    };
    area.addEventListener("input", () => fitHeight(area));
    area.addEventListener("keydown", (event) => {
        if (event.isComposing) return;
        if (event.key === "Escape") {
            event.stopPropagation();
            cancel();
        } else if (event.key === "Enter" && !event.shiftKey) send(event);
    });
    article.classList.add("editing");
    article.replaceChildren(el("form", { class: "edit-form", onsubmit: send }, area,
        el("div", { class: "row" },
            el("span", { class: "quiet" }, "What follows is replaced."),
            el("button", { type: "button", class: "button", onclick: cancel }, "Cancel"),
            el("button", { type: "submit", class: "button primary" }, "Send"))));
    fitHeight(area);
    area.focus();
}

function answerElement(message, actions) {
    const article = el("article", { class: "message answer", "aria-label": "Answer" });
    const thoughtText = el("div", { class: "prose thought-text" });
    const thought = el("details", { class: "thought", hidden: true }, el("summary", {}, "Thinking"), thoughtText);
    const prose = el("div", { class: "prose", dir: "auto" });
    const waiting = el("p", { class: "waiting" }, el("span", { class: "pulse", "aria-hidden": "true" }), el("span", {}));
    const problem = el("div", { class: "problem", role: "alert", hidden: true });
    const inspector = el("div", { hidden: true });
    const footer = el("footer");
    article.append(thought, prose, waiting, problem, inspector, footer);

    /** Which answer the inspector shows: it is made anew for another one only, since somebody may be using it. */
    let inspected;

    article.update = () => {
        const growing = message.state === "streaming";
        const parts = splitThought(message);
        article.dataset.state = message.state;
        thought.hidden = parts.thought === "";
        thought.firstChild.textContent = growing && parts.text === "" ? "Thinking…" : "Thinking";
        showMarkdown(thoughtText, parts.thought);
        showMarkdown(prose, parts.text, { growing });
        waiting.hidden = !growing || message.content !== "" || Boolean(message.thought);
        if (!waiting.hidden) waiting.lastChild.textContent = waitingText(message);
        problem.hidden = message.state !== "failed";
        inspector.hidden = growing || !isInspecting() || message.content === "";
        if (!inspector.hidden && inspected !== message.content) {
            inspected = message.content;
            inspector.replaceChildren(inspectorElement(message, actions));
        }
        if (growing) footer.replaceChildren();
        else finish();
    };

    function finish() {
        const failed = message.state === "failed";
        problem.replaceChildren();
        if (failed) {
            problem.append(icon("alert"), el("span", {}, message.error ?? ""), el("button", {
                type: "button", class: "button", "data-action": "retry", onclick: actions.retry,
            }, "Try again"));
        }
        footer.replaceChildren(...[
            versionPicker(message, actions),
            message.content && copyButton("Copy answer", () => splitThought(message).text),
            !failed && iconButton("retry", "Answer again", actions.retry, { "data-action": "retry" }),
            iconButton("trash", "Delete this answer and its question", actions.remove, { "data-action": "delete" }),
            el("span", { class: "stats" }, statsText(message)),
        ].filter(Boolean));
    }

    article.update();
    return article;
}

/** Goes through the answers to a question; after a failed attempt, back to the last good one. */
function versionPicker({ version = -1, versions = [], state }, { choose }) {
    const failed = state === "failed" && version === -1;
    if (versions.length < (failed ? 1 : 2)) return null;
    const shown = failed ? versions.length : version;
    const step = (name, label, next) =>
        iconButton(name, label, () => choose(next), { disabled: next < 0 || next >= versions.length, "data-action": name });
    return el("span", { class: "versions" },
        step("previous", "Previous answer", shown - 1),
        el("span", {}, failed ? `${versions.length} earlier` : `${shown + 1} of ${versions.length}`),
        step("next", "Next answer", shown + 1));
}

/** Reasoning models think first, in a field of its own or between tags at the start of the answer. */
export function splitThought({ content, thought }) {
    if (thought) return { thought, text: content };
    const match = /^\s*<think(?:ing)?>([^]*?)(?:<\/think(?:ing)?>|$)([^]*)$/.exec(content);
    return match ? { thought: match[1].trim(), text: match[2].trimStart() } : { thought: "", text: content };
}

/** On a CPU a long question takes a while to read: say that something happens. */
function waitingText({ started }) {
    const seconds = Math.round((Date.now() - started) / 1000);
    return seconds < 3 ? "Reading…" : `Reading… ${seconds} s`;
}

function statsText({ stats, state }) {
    const parts = [];
    if (state === "stopped") parts.push("stopped");
    if (state === "length") parts.push("cut off at the token limit");
    if (stats?.perSecond) parts.push(`${decimal(stats.perSecond)} tokens/s`);
    if (stats?.tokens) parts.push(`${stats.tokens} ${stats.tokens === 1 ? "token" : "tokens"}`);
    return parts.join(" · ");
}

const decimal = (value) => (value < 100 ? value.toFixed(1) : Math.round(value).toString());
