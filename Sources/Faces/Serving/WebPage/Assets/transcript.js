// The messages of the conversation that is shown, and where the reader is in them.

import { messageElement } from "./message.js";

/** Closer to the end than this counts as being there, in pixels. */
const nearEnd = 48;

export class Transcript {
    #frame = 0;
    #following = true;
    #ticking = 0;
    #width = 0;
    #height = 0;

    constructor({ scroller, messages, welcome, jump }) {
        Object.assign(this, { scroller, messages, welcome, jump });
        scroller.addEventListener("scroll", () => this.#noteScroll(), { passive: true });
        // A phone's keyboard or a growing text field also moves the end.
        new ResizeObserver(() => {
            this.#width = scroller.clientWidth;
            this.#height = scroller.clientHeight;
            this.#settle();
        }).observe(scroller);
        jump.addEventListener("click", () => this.follow());
    }

    /** Draws a conversation from scratch; `actions(index)` are a message's actions. */
    show(conversation, actions, { follow = true } = {}) {
        this.conversation = conversation;
        const elements = conversation.messages.map((message, index) => messageElement(message, actions(index)));
        this.messages.replaceChildren(...elements);
        this.welcome.hidden = elements.length > 0;
        if (follow) this.follow();
        else this.#settle();
    }

    /** Redraws the last message, at most once a frame. */
    update() {
        if (this.#frame !== 0) return;
        this.#frame = requestAnimationFrame(() => {
            this.#frame = 0;
            this.messages.lastElementChild?.update?.();
            this.#settle();
        });
        clearTimeout(this.#ticking);
        // While nothing comes the waiting time still moves on.
        if (this.conversation?.messages.at(-1)?.state === "streaming") {
            this.#ticking = setTimeout(() => this.update(), 1000);
        }
    }

    /** Goes to the end and stays there while the answer grows. */
    follow() {
        this.#following = true;
        this.#settle();
    }

    #noteScroll() {
        const { scrollTop, clientWidth, clientHeight, scrollHeight } = this.scroller;
        // Scrolling because the size changed is not the reader's doing.
        if (clientWidth !== this.#width || clientHeight !== this.#height) return;
        this.#following = scrollHeight - scrollTop - clientHeight < nearEnd;
        this.jump.hidden = this.#following;
    }

    #settle() {
        if (this.#following) this.scroller.scrollTop = this.scroller.scrollHeight;
        else this.#noteScroll();
    }
}
