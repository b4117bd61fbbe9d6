// The model picker.

import { listModels } from "./api.js";
import { el } from "./dom.js";

const lastKey = "swiftlet.model";

export class Models {
    names = [];
    #defaults = new Map();
    #loaded = new Set();

    /** `picked(name)` is called when the reader picks; `problem(text)` with an error, or null when all is well. */
    constructor(select, { picked, problem }) {
        this.select = select;
        this.problem = problem;
        select.addEventListener("change", () => {
            remember(select.value);
            picked(select.value);
        });
    }

    async load() {
        try {
            const models = await listModels();
            this.names = models.map(({ id }) => id);
            this.#loaded = new Set(models.filter(({ loaded }) => loaded).map(({ id }) => id));
            this.#defaults = new Map(models.map(({ id, defaults }) => [id, defaults]));
            this.problem(this.names.length === 0 ? "The server has no model. Start it with: swiftlet serve MODEL" : null);
        } catch (error) {
            this.problem(error.message);
        }
    }

    /** The model to answer with: the conversation's own, else the last picked, else the server's first. */
    choose(conversation) {
        const choices = [conversation.model, recall(), this.names[0]];
        return choices.find((name) => this.names.includes(name)) ?? "";
    }

    /** The settings a model uses by itself, as far as the server tells. */
    defaults(name) {
        return this.#defaults.get(name) ?? {};
    }

    show(name) {
        this.select.replaceChildren(...this.names.map((id) =>
            // What is not in memory answers after a while.
            el("option", { value: id }, this.#loaded.has(id) ? id : `${id} (not loaded)`)));
        this.select.disabled = this.names.length === 0;
        if (this.select.disabled) this.select.append(el("option", {}, "No model"));
        else this.select.value = name;
        this.select.title = this.select.value;
    }
}

function remember(name) {
    try {
        localStorage.setItem(lastKey, name);
    } catch {
        // Then the choice lasts until the page is closed.
    }
}

function recall() {
    try {
        return localStorage.getItem(lastKey);
    } catch {
        return null;
    }
}
