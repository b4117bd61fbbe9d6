// The field where a message is written, with its one button: send, or stop while an answer comes.

import { fitHeight, icon } from "./dom.js";

/** Touch keyboards have no Shift+Enter: there, Enter starts a line and the button sends. */
const typesByTouch = matchMedia("(hover: none) and (pointer: coarse)");

export class Composer {
    /** `send(text)` returns whether it took the text; `stop()`. */
    constructor(form, { send, stop }) {
        this.area = form.querySelector("textarea");
        this.button = form.querySelector("#send");
        this.send = send;
        this.stop = stop;
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            if (this.answering) stop();
            else this.#submit();
        });
        this.area.addEventListener("input", () => this.#refresh());
        this.area.addEventListener("keydown", (event) => {
            // While an input method composes a word, Enter belongs to it.
            if (event.key !== "Enter" || event.shiftKey || event.isComposing || typesByTouch.matches) return;
            event.preventDefault();
            if (!this.answering) this.#submit();
        });
        this.setAnswering(false);
    }

    get text() { return this.area.value; }

    set text(value) {
        this.area.value = value;
        this.#refresh();
    }

    setAnswering(answering) {
        if (this.answering !== answering) {
            this.answering = answering;
            const label = answering ? "Stop answering" : "Send message";
            this.button.replaceChildren(icon(answering ? "stop" : "send"));
            this.button.setAttribute("aria-label", label);
            this.button.title = answering ? "Stop (Esc)" : "Send (Enter)";
            this.button.dataset.mode = answering ? "stop" : "send";
        }
        this.#refresh();
    }

    /** Puts the cursor into the field, unless that would open a phone's keyboard. */
    focus() {
        if (!typesByTouch.matches) this.area.focus({ preventScroll: true });
    }

    #submit() {
        const text = this.area.value.trim();
        if (text !== "" && this.send(text)) this.text = "";
    }

    #refresh() {
        this.button.disabled = !this.answering && this.area.value.trim() === "";
        fitHeight(this.area);
    }
}
