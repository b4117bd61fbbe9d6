// Markdown inside a line: emphasis, code, links. Builds nodes directly, so that text can only ever be text.

import { el } from "./dom.js";

const special = /[\\`*_~[!<\n]|https?:\/\//g;
const wordCharacter = /[\p{L}\p{N}_]/u;
const tags = { "***": ["em", "strong"], "___": ["em", "strong"], "**": ["strong"], "__": ["strong"],
    "*": ["em"], "_": ["em"], "~~": ["s"] };
const deepest = 8;
const longestLabel = 1000;

/** The nodes of a line. `open` closes, at the end of the text, what a growing answer has not closed yet. */
export function inline(text, { open = false, depth = 0, inLink = false } = {}) {
    if (depth > deepest) return [document.createTextNode(text)];
    return new InlineParser(text, { open, depth, inLink }).parse();
}

/** The address if it is one that a page may link to, else null. */
export function safeAddress(address) {
    try {
        const url = new URL(address);
        return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
    } catch {
        return null;
    }
}

class InlineParser {
    nodes = [];
    plain = "";
    position = 0;
    /** Markers with no closer in the rest of the text, so that a line of stars is not searched once per star. */
    unclosed = new Set();

    constructor(text, options) {
        this.text = text;
        this.options = options;
    }

    parse() {
        while (this.position < this.text.length) {
            special.lastIndex = this.position;
            const match = special.exec(this.text);
            const end = match ? match.index : this.text.length;
            this.plain += this.text.slice(this.position, end);
            this.position = end;
            if (match && !this.readSpecial(match[0])) {
                this.plain += match[0];
                this.position += match[0].length;
            }
        }
        this.flush();
        return this.nodes;
    }

    readSpecial(mark) {
        switch (mark) {
        case "\\": return this.readEscape();
        case "\n": return this.push(el("br"), 1);
        case "`": return this.readCode();
        case "*": case "_": case "~": return this.readEmphasis(mark);
        case "[": return this.readLink(this.position, false);
        case "!": return this.text[this.position + 1] === "[" && this.readLink(this.position + 1, true);
        case "<": return this.readAngle();
        default: return this.readAddress();
        }
    }

    push(node, length) {
        this.flush();
        this.nodes.push(node);
        this.position += length;
        return true;
    }

    flush() {
        if (this.plain !== "") this.nodes.push(document.createTextNode(this.plain));
        this.plain = "";
    }

    inner(text, more = {}) {
        return inline(text, { ...this.options, ...more, depth: this.options.depth + 1 });
    }

    readEscape() {
        const next = this.text[this.position + 1];
        if (next === "\n") return this.push(el("br"), 2);
        if (next === undefined || !/[!-/:-@[-`{-~]/.test(next)) return false;
        this.plain += next;
        this.position += 2;
        return true;
    }

    readCode() {
        const marker = this.run(this.position);
        const start = this.position + marker.length;
        let end = this.unclosed.has(marker) ? -1 : this.text.indexOf(marker, start);
        while (end !== -1 && this.run(end) !== marker) {
            end = this.text.indexOf(marker, end + this.run(end).length);
        }
        if (end === -1) {
            this.unclosed.add(marker);
            if (!this.options.open || marker.length > 1) return this.literal(marker);
            end = this.text.length;
        }
        let code = this.text.slice(start, end).replace(/\n/g, " ");
        if (/^ .*[^ ].* $/.test(code)) code = code.slice(1, -1);
        return this.push(el("code", {}, code), end + marker.length - this.position);
    }

    readEmphasis(mark) {
        const run = this.run(this.position);
        const lengths = mark === "~" ? [2] : [3, 2, 1];
        const before = this.text[this.position - 1];
        const opens = /\S/.test(this.text[this.position + run.length] ?? " ")
            && !(mark === "_" && before !== undefined && wordCharacter.test(before));
        for (const length of opens ? lengths : []) {
            if (length > run.length || (length === run.length - 1 && mark === "~")) continue;
            const marker = mark.repeat(length);
            const start = this.position + length;
            let end = this.closer(marker, start);
            if (end === -1) {
                if (!this.options.open || length !== 2) continue;
                end = this.text.length;
            }
            const children = this.inner(this.text.slice(start, end));
            const node = tags[marker].reduceRight((nodes, tag) => [el(tag, {}, ...nodes)], children)[0];
            return this.push(node, end + length - this.position);
        }
        return this.literal(run);
    }

    /** Where the marker closes: after something that is not white space, outside code. */
    closer(marker, start) {
        if (this.unclosed.has(marker)) return -1;
        const mark = marker[0];
        for (let index = start; index < this.text.length; index += 1) {
            const character = this.text[index];
            if (character === "\\") index += 1;
            else if (character === "`") {
                const ticks = this.run(index);
                const end = this.text.indexOf(ticks, index + ticks.length);
                index = (end === -1 ? index : end) + ticks.length - 1;
            } else if (character === mark) {
                const run = this.run(index);
                const after = this.text[index + run.length];
                const closes = index > start && /\S/.test(this.text[index - 1])
                    && run.length >= marker.length && !(marker.length === 1 && run.length === 2)
                    && !(mark === "_" && after !== undefined && wordCharacter.test(after));
                if (closes) return index + run.length - marker.length;
                index += run.length - 1;
            }
        }
        this.unclosed.add(marker);
        return -1;
    }

    readLink(start, isImage) {
        if (this.options.inLink) return false;
        const limit = Math.min(this.text.length, start + longestLabel);
        let depth = 0;
        let end = start;
        for (; end < limit; end += 1) {
            if (this.text[end] === "\\") end += 1;
            else if (this.text[end] === "[") depth += 1;
            else if (this.text[end] === "]" && (depth -= 1) === 0) break;
        }
        if (end >= limit || this.text[end + 1] !== "(") return false;
        const target = /^\(\s*<?((?:[^\s()<>]|\([^\s()<>]*\))*)>?(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)/
            .exec(this.text.slice(end + 1, end + 1 + 4 * longestLabel));
        if (!target) return false;
        const label = this.text.slice(start + 1, end);
        const length = end + 1 + target[0].length - this.position;
        const address = safeAddress(target[1]);
        // Pictures are linked, not loaded: the page never contacts another machine by itself.
        const children = isImage ? [label || target[1]] : this.inner(label, { inLink: true });
        return this.push(address ? link(address, children) : el("span", {}, ...children), length);
    }

    readAngle() {
        const rest = this.text.slice(this.position, this.position + longestLabel);
        const lineBreak = /^<br\s*\/?>/i.exec(rest);
        if (lineBreak) return this.push(el("br"), lineBreak[0].length);
        const match = /^<((?:https?:\/\/|mailto:)[^\s<>]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)>/.exec(rest);
        if (!match || this.options.inLink) return false;
        const address = safeAddress(match[1].includes(":") ? match[1] : `mailto:${match[1]}`);
        return address !== null && this.push(link(address, [match[1]]), match[0].length);
    }

    readAddress() {
        if (this.options.inLink) return false;
        let [address] = /^[^\s<>"`]+/.exec(this.text.slice(this.position));
        for (;;) {
            const shorter = address.replace(/[.,;:!?'*_~\]]$/, "");
            const unbalanced = shorter.endsWith(")") && shorter.split("(").length < shorter.split(")").length;
            const next = unbalanced ? shorter.slice(0, -1) : shorter;
            if (next === address) break;
            address = next;
        }
        const safe = safeAddress(address);
        return safe !== null && this.push(link(safe, [address]), address.length);
    }

    literal(marker) {
        this.plain += marker;
        this.position += marker.length;
        return true;
    }

    /** All equal characters from here on. */
    run(index) {
        let end = index + 1;
        while (this.text[end] === this.text[index]) end += 1;
        return this.text.slice(index, end);
    }
}

function link(href, children) {
    return el("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}
