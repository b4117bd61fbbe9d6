// Looks inside answers: how likely each token was and what else might have stood there, and what of the prompt mattered.

import { el } from "./dom.js";
import { importanceOf } from "./api.js";

const key = "swiftlet.inspect";
/** What is known of answers' tokens: too much for the browser's storage, so it is gone with the page. */
const known = new WeakMap();
let isOn = read();

function read() {
    try {
        return localStorage.getItem(key) === "on";
    } catch {
        return false;
    }
}

export const isInspecting = () => isOn;

export function setInspecting(on) {
    isOn = on;
    try {
        localStorage.setItem(key, on ? "on" : "off");
    } catch {
        // Without storage it holds until the page is closed.
    }
}

/** What a request asks for so that its answer can be looked into. */
export const requestFields = () => (isOn ? { logprobs: true, top_logprobs: 5 } : {});

/** Notes tokens that came when the answer was `start` characters long. */
export function note(message, tokens, start) {
    const list = known.get(message) ?? [];
    for (const token of tokens) list.push({ ...token, start });
    known.set(message, list);
}

/** Ends an answer: what was noted belongs to exactly this text. */
export function finish(message) {
    const list = known.get(message);
    if (list) known.set(message, Object.assign(list, { content: message.content }));
}

const tokensOf = (message) => {
    const list = known.get(message);
    return list?.content === message.content ? list : undefined;
};

/**
 * The inspector of an answer. `actions` has `continueFrom(beginning)` and `steer(passages)`, which answer again, and
 * `messages()`, the conversation that the answer belongs to.
 */
export function inspectorElement(message, actions) {
    const tokens = tokensOf(message);
    const box = el("section", { class: "inspector", "aria-label": "Inspector" });
    if (tokens) {
        const details = el("div", { class: "token-details", "aria-live": "polite" },
            el("span", { class: "quiet" }, "Choose a token to see what else might have stood there."));
        box.append(tokenList(tokens, (token) => showDetails(details, message, token, actions)), details);
    } else {
        box.append(el("p", { class: "quiet" }, "Answer again to see this answer's tokens."));
    }
    box.append(promptElement(message, actions));
    return box;
}

function tokenList(tokens, choose) {
    const list = el("div", { class: "tokens", dir: "auto" });
    for (const token of tokens) {
        const button = el("button", {
            type: "button", class: "token", title: `${percent(token.probability)}, entropy ${token.entropy?.toFixed(2)} nats`,
            onclick: () => {
                list.querySelector("[aria-pressed=true]")?.setAttribute("aria-pressed", "false");
                button.setAttribute("aria-pressed", "true");
                choose(token);
            },
        }, visible(token.text));
        // The page's policy allows no style attributes, but properties.
        button.style.setProperty("--doubt", (1 - token.probability).toFixed(3));
        list.append(button);
        if (token.text.includes("\n")) list.append(el("br"));
    }
    return list;
}

/** What might have stood in a token's place; choosing one goes on from there. */
function showDetails(details, message, token, { continueFrom }) {
    const rows = token.alternatives.map(({ text, probability }) => el("li", {},
        el("button", {
            type: "button", class: "button alternative", "data-action": "continue",
            title: "Go on from here with this one",
            onclick: () => continueFrom(message.content.slice(0, token.start) + text),
        }, visible(text)),
        el("meter", { min: 0, max: 1, value: probability, "aria-label": `probability of ${visible(text)}` }),
        el("span", { class: "quiet" }, percent(probability))));
    details.replaceChildren(
        el("p", { class: "quiet" },
            `“${visible(token.text)}” had ${percent(token.probability)}. Entropy: ${token.entropy?.toFixed(2)} nats, `
            + `as uncertain as a choice among ${Math.exp(token.entropy ?? 0).toFixed(1)} equally likely tokens.`),
        el("ol", { class: "alternatives" }, ...rows));
}

// The prompt.

function promptElement(message, actions) {
    const box = el("div", { class: "prompt-view" });
    const button = el("button", {
        type: "button", class: "button", "data-action": "importance",
        onclick: async () => {
            button.disabled = true;
            button.textContent = "Reading the prompt without each of its words…";
            try {
                showPrompt(box, await importanceOf(actions.messages(), message.content, actions.model()), actions);
            } catch (error) {
                button.disabled = false;
                button.textContent = "What of the prompt mattered?";
                box.append(el("p", { class: "problem", role: "alert" }, error.message));
            }
        },
    }, "What of the prompt mattered?");
    box.append(button);
    return box;
}

/** The prompt's words, the darker the more they mattered; marked ones can be made to count less or more. */
function showPrompt(box, parts, { steer }) {
    const largest = Math.max(...parts.map(({ importance }) => Math.abs(importance)), 1e-6);
    const words = parts.map((part) => el("button", {
        type: "button", class: `word ${part.importance < 0 ? "against" : "for"}`, "aria-pressed": "false",
        title: `${part.importance.toFixed(2)} nats`,
        onclick: ({ currentTarget: word }) => {
            word.setAttribute("aria-pressed", String(word.getAttribute("aria-pressed") !== "true"));
            controls.hidden = !words.some((other) => other.getAttribute("aria-pressed") === "true");
        },
    }, visible(part.text)));
    words.forEach((word, index) => {
        word.style.setProperty("--weight", (Math.abs(parts[index].importance) / largest).toFixed(3));
    });
    const value = el("output", {}, "×0.1");
    const slider = el("input", {
        type: "range", min: -2, max: 1, step: 0.1, value: -1, "aria-label": "How much the marked words count",
        oninput: () => { value.textContent = `×${factor(slider)}`; },
    });
    const controls = el("div", { class: "row steering", hidden: true }, slider, value, el("button", {
        type: "button", class: "button primary", "data-action": "steer",
        onclick: () => steer(passages(parts, words).map((text) => ({ text, factor: factor(slider) }))),
    }, "Answer again so"));
    box.replaceChildren(
        el("p", { class: "quiet" }, "The darker a word, the more the answer rests on it; striped ones speak against it. "
            + "Mark words to make them count less or more."),
        el("div", { class: "heat", dir: "auto" }, ...words), controls);
}

/** The slider goes by tenfold steps: suppression to the left, amplification to the right. */
const factor = (slider) => Number((10 ** Number(slider.value)).toPrecision(2));

/** Marked words that stand together are one passage. */
function passages(parts, words) {
    const found = [];
    let isOpen = false;
    words.forEach((word, index) => {
        const isMarked = word.getAttribute("aria-pressed") === "true";
        if (isMarked && isOpen) found[found.length - 1] += parts[index].text;
        else if (isMarked) found.push(parts[index].text);
        isOpen = isMarked;
    });
    return found;
}

const percent = (probability) => `${(100 * probability).toFixed(probability < 0.1 ? 1 : 0)}%`;

/** White space in writing, so that it can be seen and chosen. */
const visible = (text) => text.replace(/^ /, "·").replaceAll("\n", "⏎").replaceAll("\t", "⇥") || "∅";
