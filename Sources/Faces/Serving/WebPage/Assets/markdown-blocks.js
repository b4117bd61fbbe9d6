// Markdown's blocks: text in, plain objects out. Follows CommonMark and GitHub's tables where models do, and is
// forgiving where they are sloppy (a nested list indented by two spaces, a rule right under a paragraph). Any prefix of
// an answer parses, because an answer is shown while it grows.

const fenceStart = /^( {0,3})(`{3,}|~{3,})([^`]*)$/;
const headingStart = /^ {0,3}(#{1,6})(?:\s|$)/;
const rule = /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/;
const quoteStart = /^ {0,3}> ?/;
const itemStart = /^( *)([-*+]|\d{1,9}[.)])( +|$)/;
const tableRule = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

/** Quotes and lists nested deeper than this stay text: no real answer needs more, and a hostile one cannot recurse. */
const deepest = 12;

/** The blocks of a text, each with the `source` it was read from. */
export function parseBlocks(text) {
    return blocks(text.replace(/\r\n?/g, "\n").replace(/\t/g, "    ").split("\n"), 0);
}

function blocks(lines, depth) {
    const result = [];
    let next = 0;
    while (next < lines.length) {
        if (isBlank(lines[next])) {
            next += 1;
            continue;
        }
        const [block, end] = readBlock(lines, next, depth);
        block.source = lines.slice(next, end).join("\n");
        result.push(block);
        next = end;
    }
    return result;
}

function readBlock(lines, start, depth) {
    const line = lines[start];
    if (fenceStart.test(line)) return readFence(lines, start);
    if (headingStart.test(line)) return [readHeading(line), start + 1];
    if (rule.test(line)) return [{ kind: "rule" }, start + 1];
    if (depth < deepest && quoteStart.test(line)) return readQuote(lines, start, depth);
    if (depth < deepest && itemStart.test(line)) return readList(lines, start, depth);
    if (isTable(lines, start)) return readTable(lines, start);
    return readParagraph(lines, start, depth);
}

function readFence(lines, start) {
    const [, indent, fence, info] = fenceStart.exec(lines[start]);
    const code = [];
    let next = start + 1;
    let closed = false;
    for (; next < lines.length && !closed; next += 1) {
        const trimmed = lines[next].trim();
        closed = trimmed.length >= fence.length && trimmed === fence[0].repeat(trimmed.length)
            && indentation(lines[next]) < 4 + indent.length;
        if (!closed) code.push(lines[next].slice(Math.min(indentation(lines[next]), indent.length)));
    }
    return [{ kind: "code", language: info.trim().split(/[\s{]/)[0], text: code.join("\n"), closed }, next];
}

function readHeading(line) {
    const level = headingStart.exec(line)[1].length;
    let text = line.trim().slice(level).trim();
    const withoutClosing = text.replace(/#+$/, "");
    if (withoutClosing === "" || withoutClosing.endsWith(" ")) text = withoutClosing.trim();
    return { kind: "heading", level, text };
}

function readQuote(lines, start, depth) {
    const inner = [];
    let next = start;
    while (next < lines.length && quoteStart.test(lines[next])) {
        inner.push(lines[next].replace(quoteStart, ""));
        next += 1;
    }
    return [{ kind: "quote", blocks: blocks(inner, depth + 1) }, next];
}

function readList(lines, start, depth) {
    const [, , firstMarker] = itemStart.exec(lines[start]);
    const ordered = /\d/.test(firstMarker);
    const list = { kind: "list", ordered, start: ordered ? parseInt(firstMarker, 10) : 1, loose: false, items: [] };
    const listIndent = indentation(lines[start]);
    let next = start;
    while (next < lines.length) {
        const match = itemStart.exec(lines[next]);
        if (!match || match[1].length >= listIndent + 2 || rule.test(lines[next])) break;
        if (/\d/.test(match[2]) !== ordered) break;
        const [item, end, sawGap] = readItem(lines, next, match, depth);
        list.items.push(item);
        list.loose ||= sawGap;
        next = end;
        // Blank lines may stand between two items, but only when another item follows.
        let following = next;
        while (following < lines.length && isBlank(lines[following])) following += 1;
        if (following === next || following >= lines.length || !itemStart.test(lines[following])) continue;
        if (indentation(lines[following]) >= listIndent + 2) continue;
        if (/\d/.test(itemStart.exec(lines[following])[2]) !== ordered) continue;
        list.loose = true;
        next = following;
    }
    return [list, next];
}

function readItem(lines, start, match, depth) {
    const [, indent, marker, space] = match;
    const contentIndent = indent.length + marker.length + Math.max(1, space.length > 4 ? 1 : space.length);
    const inner = [lines[start].slice(contentIndent)];
    let next = start + 1;
    let gap = false;
    for (; next < lines.length; next += 1) {
        const line = lines[next];
        if (isBlank(line)) {
            const following = lines.slice(next).find((other) => !isBlank(other));
            if (following === undefined || indentation(following) < indent.length + 2) break;
            gap = true;
        } else if (indentation(line) < indent.length + 2) {
            // A paragraph may run on without being indented.
            if (isBlank(lines[next - 1]) || startsBlock(line) || fenceIsOpen(inner)) break;
        }
        inner.push(line.slice(Math.min(indentation(line), contentIndent)));
    }
    const item = { blocks: [] };
    const task = /^\[([ xX])\] +/.exec(inner[0]);
    if (task) {
        item.done = task[1] !== " ";
        inner[0] = inner[0].slice(task[0].length);
    }
    item.blocks = blocks(inner, depth + 1);
    return [item, next, gap && item.blocks.some((block, index) => index > 0 && block.kind === "paragraph")];
}

function fenceIsOpen(lines) {
    return lines.filter((line) => fenceStart.test(line)).length % 2 === 1;
}

function isTable(lines, start) {
    const [head, under] = [lines[start], lines[start + 1]];
    return under !== undefined && head.includes("|") && tableRule.test(under)
        && (under.includes("|") || cells(head).length === 1) && cells(head).length === cells(under).length;
}

function readTable(lines, start) {
    const head = cells(lines[start]);
    const alignments = cells(lines[start + 1]).map((cell) => {
        if (!cell.endsWith(":")) return "";
        return cell.startsWith(":") ? "center" : "right";
    });
    const rows = [];
    let next = start + 2;
    while (next < lines.length && lines[next].includes("|")) {
        const row = cells(lines[next]);
        rows.push(head.map((_, column) => row[column] ?? ""));
        next += 1;
    }
    return [{ kind: "table", head, alignments, rows }, next];
}

/** A row's cells; a bar inside code or after a backslash does not divide. */
function cells(line) {
    const result = [];
    let cell = "";
    let inCode = false;
    const text = line.trim();
    for (let index = text.startsWith("|") ? 1 : 0; index < text.length; index += 1) {
        if (text[index] === "\\" && text[index + 1] === "|") {
            cell += "|";
            index += 1;
        } else if (text[index] === "|" && !inCode) {
            result.push(cell.trim());
            cell = "";
        } else {
            if (text[index] === "`") inCode = !inCode && text.indexOf("`", index + 1) !== -1;
            cell += text[index];
        }
    }
    if (!text.endsWith("|") || cell.trim() !== "") result.push(cell.trim());
    return result;
}

function readParagraph(lines, start, depth) {
    let next = start + 1;
    while (next < lines.length && !isBlank(lines[next])) {
        if (startsBlock(lines[next]) && depth < deepest) break;
        if (isTable(lines, next)) break;
        next += 1;
    }
    return [{ kind: "paragraph", text: lines.slice(start, next).map((line) => line.trimStart()).join("\n") }, next];
}

/** Whether a line right under a paragraph begins something else; models seldom leave the blank line out of lists. */
function startsBlock(line) {
    if (fenceStart.test(line) || headingStart.test(line) || rule.test(line) || quoteStart.test(line)) return true;
    const item = itemStart.exec(line);
    return item !== null && item[3] !== "";
}

const isBlank = (line) => line.trim() === "";
const indentation = (line) => line.length - line.trimStart().length;
