// The settings of a conversation. Every change counts at once; an empty field leaves the choice to the model.

import { el, fitHeight, toast } from "./dom.js";
import * as store from "./store.js";

const fields = [
    { name: "temperature", label: "Temperature", min: 0, max: 5, step: 0.05, example: "0.7",
        help: "Lower is steadier, higher is more surprising. 0 always takes the likeliest word." },
    { name: "top_p", label: "Top p", min: 0, max: 1, step: 0.01, example: "0.95",
        help: "Keep the likeliest words that together have this probability." },
    { name: "top_k", label: "Top k", min: 0, step: 1, example: "40", help: "Keep this many words; 0 keeps all." },
    { name: "min_p", label: "Min p", min: 0, max: 1, step: 0.01, example: "0.05",
        help: "Drop words less likely than this share of the likeliest." },
    { name: "repeat_penalty", label: "Repeat penalty", min: 0.1, max: 5, step: 0.05, example: "1.1",
        help: "Above 1 avoids words that were already said." },
    { name: "max_tokens", label: "Longest answer", min: 1, step: 1, example: "512", help: "In tokens." },
    { name: "seed", label: "Seed", min: 0, step: 1, example: "42",
        help: "The same seed gives the same answer, whatever else is asked, if the server is --deterministic." },
];

export class Settings {
    /** `changed` is called after every change. */
    constructor(dialog, changed) {
        this.dialog = dialog;
        this.changed = changed;
        this.system = dialog.querySelector("#system");
        this.system.addEventListener("input", () => {
            fitHeight(this.system);
            this.#set(() => { this.conversation.system = this.system.value; });
        });
        this.inputs = new Map(fields.map((field) => [field.name, this.#input(field)]));
        dialog.querySelector("#reset").addEventListener("click", () => {
            this.#set(() => Object.assign(this.conversation, { system: "", settings: {} }));
            this.#fill();
        });
        dialog.querySelector("#keep-defaults").addEventListener("click", () => {
            store.saveDefaults(this.conversation.system, this.conversation.settings);
            toast("New chats will start with these settings.");
            dialog.close();
        });
        dialog.addEventListener("click", (event) => {
            if (event.target === dialog) dialog.close();
        });
    }

    /** `defaults` are the model's own values, shown where the conversation has none. */
    open(conversation, defaults) {
        this.conversation = conversation;
        for (const { name, example } of fields) {
            this.inputs.get(name).placeholder = defaults[name] ?? `e.g. ${example}`;
        }
        this.#fill();
        this.dialog.showModal();
        fitHeight(this.system);
    }

    #input(field) {
        const id = `setting-${field.name}`;
        const input = el("input", {
            id, type: "number", min: field.min, max: field.max, step: field.step, inputmode: field.step < 1 ? "decimal" : "numeric",
            "aria-describedby": `${id}-help`, autocomplete: "off",
        });
        input.addEventListener("input", () => {
            const valid = input.validity.valid || (input.validity.stepMismatch && field.step < 1);
            input.setAttribute("aria-invalid", String(!valid));
            if (!valid) return;
            this.#set(() => {
                if (input.value === "") delete this.conversation.settings[field.name];
                else this.conversation.settings[field.name] = Number(input.value);
            });
        });
        this.dialog.querySelector("#sampling").append(el("div", { class: "field" },
            el("label", { for: id }, field.label), input, el("p", { id: `${id}-help`, class: "quiet" }, field.help)));
        return input;
    }

    #set(change) {
        change();
        // A conversation is stored with its first message, not before.
        if (this.conversation.messages.length > 0) store.save(this.conversation, { touch: false });
        this.changed(this.conversation);
    }

    #fill() {
        this.system.value = this.conversation.system;
        for (const [name, input] of this.inputs) {
            input.value = this.conversation.settings[name] ?? "";
            input.removeAttribute("aria-invalid");
        }
    }
}

/** Whether a conversation says anything about how to answer. */
export function isCustomized({ system, settings }) {
    return system.trim() !== "" || Object.keys(settings).length > 0;
}
