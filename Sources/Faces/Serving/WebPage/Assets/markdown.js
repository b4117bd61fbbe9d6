// Shows Markdown in an element. Blocks that have not changed since the last time keep their elements, so a growing
// answer only ever redraws its last block and whatever the reader has selected above stays selected.

import { copyButton, el } from "./dom.js";
import { highlight } from "./highlight.js";
import { parseBlocks } from "./markdown-blocks.js";
import { inline } from "./markdown-inline.js";

const shown = new WeakMap();

/** `growing` says that more text will follow: what is still open at the end is shown as if it were closed. */
export function showMarkdown(container, text, { growing = false } = {}) {
    const before = shown.get(container) ?? [];
    const after = parseBlocks(text).map((block, index, all) => {
        const open = growing && index === all.length - 1;
        const key = `${block.kind} ${open} ${block.source}`;
        if (before[index]?.key === key) return before[index];
        const element = draw(block, open);
        if (before[index]) before[index].element.replaceWith(element);
        else container.append(element);
        return { key, element };
    });
    for (const { element } of before.slice(after.length)) element.remove();
    shown.set(container, after);
}

function draw(block, open) {
    switch (block.kind) {
    case "heading": return el(`h${Math.min(6, block.level + 1)}`, {}, ...inline(block.text, { open }));
    case "paragraph": return el("p", {}, ...inline(block.text, { open }));
    case "quote": return el("blockquote", {}, ...drawAll(block.blocks, open));
    case "rule": return el("hr");
    case "code": return drawCode(block);
    case "list": return drawList(block, open);
    case "table": return drawTable(block);
    }
}

function drawAll(blocks, open) {
    return blocks.map((block, index) => draw(block, open && index === blocks.length - 1));
}

function drawCode({ text, language }) {
    const code = el("code", {}, ...highlight(text, language));
    const name = language.replace(/[^\w+#.-]/g, "").slice(0, 24);
    return el("figure", { class: "code-block" },
        el("figcaption", {}, el("span", {}, name || "text"), copyButton("Copy code", () => text)),
        // Reachable by keyboard, because long lines scroll.
        el("pre", { tabindex: "0", "aria-label": name ? `Code in ${name}` : "Code" }, code));
}

function drawList(list, open) {
    const items = list.items.map((item, index) => {
        const last = open && index === list.items.length - 1;
        const children = drawAll(item.blocks, last).flatMap((element) =>
            // In a tight list an item's own line is not a paragraph.
            (element.tagName === "P" && !list.loose ? [...element.childNodes] : [element]));
        if (item.done === undefined) return el("li", {}, ...children);
        const box = el("input", { type: "checkbox", disabled: true, checked: item.done, "aria-label": item.done ? "done" : "to do" });
        return el("li", { class: "task" }, box, ...children);
    });
    return list.ordered ? el("ol", { start: list.start === 1 ? null : list.start }, ...items) : el("ul", {}, ...items);
}

function drawTable({ head, alignments, rows }) {
    const cell = (tag) => (text, column) =>
        el(tag, { class: alignments[column] ? `align-${alignments[column]}` : null }, ...inline(text));
    return el("div", { class: "table-frame", tabindex: "0", role: "region", "aria-label": "Table" },
        el("table", {},
            el("thead", {}, el("tr", {}, ...head.map(cell("th")))),
            el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map(cell("td")))))));
}
