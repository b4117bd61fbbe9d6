// The list of conversations: open, rename, delete; and taking them along in a file.

import { el, iconButton, toast } from "./dom.js";
import * as store from "./store.js";

const day = 24 * 60 * 60 * 1000;

export class Sidebar {
    /** `actions`: `open(id)`, `removed(id)`, `renamed(conversation)`, `isAnswering(conversation)`. */
    constructor(element, actions) {
        this.element = element;
        this.nav = element.querySelector("nav");
        this.actions = actions;
        element.querySelector("#export").addEventListener("click", exportFile);
        const file = element.querySelector("#import-file");
        element.querySelector("#import").addEventListener("click", () => file.click());
        file.addEventListener("change", async () => {
            await importFile(file.files[0]);
            file.value = "";
            this.show(this.current);
        });
    }

    show(current) {
        this.current = current;
        // A name being typed is not thrown away because an answer arrived.
        if (this.nav.querySelector("input")) return;
        const groups = new Map();
        for (const conversation of store.list()) {
            const name = groupName(conversation.updated);
            if (!groups.has(name)) groups.set(name, []);
            groups.get(name).push(this.#item(conversation));
        }
        const children = [...groups].flatMap(([name, items]) => [el("h2", {}, name), el("ul", {}, ...items)]);
        this.nav.replaceChildren(...children);
        if (children.length === 0) this.nav.append(el("p", { class: "quiet" }, "Conversations stay in this browser."));
    }

    #item(conversation) {
        const isCurrent = conversation.id === this.current;
        const title = conversation.title || "New chat";
        const item = el("li", { class: isCurrent ? "current" : null, "data-id": conversation.id });
        item.append(
            el("button", {
                type: "button", class: "open", "aria-current": isCurrent ? "page" : null, title,
                onclick: () => this.actions.open(conversation.id),
            }, el("span", {}, title)),
            iconButton("edit", `Rename ${title}`, () => this.#rename(item, conversation), { "data-action": "rename" }),
            iconButton("trash", `Delete ${title}`, () => this.#remove(conversation), { "data-action": "delete" }));
        if (this.actions.isAnswering(conversation)) item.prepend(el("span", { class: "pulse", title: "Answering" }));
        return item;
    }

    #rename(item, conversation) {
        const field = el("input", { type: "text", "aria-label": "New name", maxlength: "120" });
        field.value = conversation.title;
        let done = false;
        const finish = (keep) => {
            if (done) return;
            done = true;
            if (keep && field.value.trim() !== "") {
                conversation.title = field.value.trim();
                store.save(conversation, { touch: false });
                this.actions.renamed(conversation);
            }
            field.remove();
            this.show(this.current);
            this.nav.querySelector(`[data-id="${conversation.id}"] .open`)?.focus();
        };
        field.addEventListener("blur", () => finish(true));
        field.addEventListener("keydown", (event) => {
            event.stopPropagation();
            if (event.key === "Enter" && !event.isComposing) finish(true);
            if (event.key === "Escape") finish(false);
        });
        item.replaceChildren(field);
        field.focus();
        field.select();
    }

    #remove(conversation) {
        store.remove(conversation.id);
        this.actions.removed(conversation.id);
        toast("Conversation deleted.", "Undo", () => {
            store.save(conversation, { touch: false });
            this.actions.open(conversation.id);
        });
    }
}

function groupName(time) {
    const today = new Date().setHours(0, 0, 0, 0);
    if (time >= today) return "Today";
    if (time >= today - day) return "Yesterday";
    return time >= today - 7 * day ? "Last 7 days" : "Earlier";
}

function exportFile() {
    const address = URL.createObjectURL(new Blob([store.exportAll()], { type: "application/json" }));
    const name = `swiftlet-conversations-${new Date().toISOString().slice(0, 10)}.json`;
    el("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

async function importFile(file) {
    if (!file) return;
    try {
        const added = store.importAll(await file.text());
        toast(added === 1 ? "1 conversation added." : `${added} conversations added.`);
    } catch (error) {
        toast(error.message);
    }
}
