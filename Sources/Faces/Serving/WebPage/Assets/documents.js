// The page of documents: drop files, watch them being indexed, ask, and look at what an answer cites.
import { askDocuments, collectionDetails, collectionMap, listCollections, removeCollection, uploadDocuments } from "./api.js";
import { el } from "./dom.js";
import { drawMap } from "./map.js";

const $ = (id) => document.getElementById(id);
let asking = null;

async function showCollections(chosen) {
    const names = (await listCollections()).map(({ name }) => name);
    const name = chosen ?? $("collection").value;
    const all = name && !names.includes(name) ? [...names, name] : names.length ? names : ["documents"];
    $("collection").replaceChildren(...all.map((entry) => el("option", { value: entry, selected: entry === name }, entry)));
    await showDocuments();
}

async function showDocuments() {
    const details = await collectionDetails($("collection").value);
    $("documents").replaceChildren(...(details?.documents ?? []).map((file) =>
        el("li", {}, file.path, el("div", { class: "quiet" },
            [`${file.passages} passage${file.passages === 1 ? "" : "s"}`, ...file.notes].join(" · ")))));
    if ($("map").open) await showMap();
}

async function showMap() {
    const points = await collectionMap($("collection").value).catch(() => []);
    drawMap($("map").querySelector("div"), points, ({ path, location, text }) => {
        $("map").querySelector("p").textContent = `${path}${location ? `: ${location}` : ""} - ${text}`;
    });
}

function problem(text) {
    $("problems").append(el("li", {}, text));
}

async function upload(files) {
    if (files.length === 0) return;
    const [bar, label] = $("progress").children;
    let [done, total] = [0, 1];
    $("problems").replaceChildren();
    $("progress").hidden = false;
    label.textContent = "Reading";
    bar.value = 0;
    try {
        for await (const event of uploadDocuments($("collection").value, files)) {
            if (event.type === "found") total = Math.max(event.bytes, 1);
            if (event.type === "file") label.textContent = event.path;
            if (event.type === "advanced") bar.value = (done += event.bytes) / total;
            if (event.type === "problem") problem(`${event.path}: ${event.reason}`);
            if (event.type === "note") problem(`${event.path}: ${event.note}`);
        }
        await showCollections($("collection").value);
    } catch (error) {
        problem(error.message);
    } finally {
        $("progress").hidden = true;
    }
}

/** Shows text with its citations as buttons that lead to the passages. */
function showAnswer(text) {
    const parts = text.split(/(\[\d+\])/).map((part) => {
        const number = part.match(/^\[(\d+)\]$/)?.[1];
        if (!number || !$(`passage-${number}`)) return part;
        return el("button", { type: "button", class: "citation", "aria-label": `Show passage ${number}`,
            onclick: () => showPassage(number) }, number);
    });
    $("answer").replaceChildren(...parts);
}

function showPassage(number) {
    for (const item of $("passages").children) item.classList.toggle("shown", item.id === `passage-${number}`);
    $(`passage-${number}`).scrollIntoView({ block: "nearest" });
}

function passage({ path, location, text }, place, question) {
    const words = new Set(question.toLowerCase().match(/[\p{L}\p{N}]{4,}/gu) ?? []);
    const pieces = text.split(/([\p{L}\p{N}]+)/u).map((piece) =>
        words.has(piece.toLowerCase()) ? el("mark", {}, piece) : piece);
    return el("li", { id: `passage-${place + 1}` },
        el("h2", {}, `[${place + 1}] ${path}${location ? `: ${location}` : ""}`), el("blockquote", { dir: "auto" }, ...pieces));
}

async function ask(question) {
    asking?.abort();
    const controller = asking = new AbortController();
    let text = "";
    $("cost").textContent = "Searching";
    $("answer").replaceChildren();
    $("passages").replaceChildren();
    try {
        for await (const event of askDocuments($("collection").value, question, controller.signal)) {
            if (event.type === "passages") {
                $("passages").replaceChildren(...event.passages.map((entry, place) => passage(entry, place, question)));
                $("cost").textContent = "Answering";
            }
            if (event.type === "text") showAnswer(text += event.text);
            if (event.type === "answer") {
                const doubts = event.quotation ? "The documents do not support what the model said; the sentence nearest to the question is quoted instead. "
                    : !event.in_documents ? "The documents do not seem to hold the answer. "
                    : event.unsupported ? `${event.unsupported} of ${event.sentences} sentences are not supported by what was found. ` : "";
                $("cost").textContent = `${doubts}${event.prompt_tokens} tokens read, ${event.completion_tokens} written, ${event.seconds.toFixed(1)} s`;
            }
        }
    } catch (error) {
        if (error.name !== "AbortError") $("cost").textContent = error.message;
    }
}

$("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    const question = $("question").value.trim();
    if (question) ask(question);
});
$("files").addEventListener("change", () => upload([...$("files").files]));
$("drop").addEventListener("dragover", (event) => {
    event.preventDefault();
    $("drop").classList.add("over");
});
$("drop").addEventListener("dragleave", () => $("drop").classList.remove("over"));
$("drop").addEventListener("drop", (event) => {
    event.preventDefault();
    $("drop").classList.remove("over");
    upload([...event.dataTransfer.files]);
});
$("collection").addEventListener("change", showDocuments);
$("map").addEventListener("toggle", () => $("map").open && showMap());
$("new").addEventListener("click", () => {
    const name = prompt("Name of the collection: letters, digits, dots, dashes")?.trim();
    if (name) showCollections(name);
});
$("remove").addEventListener("click", async () => {
    const name = $("collection").value;
    if (!confirm(`Remove the collection ${name} and the files that were uploaded to it?`)) return;
    await removeCollection(name).catch((error) => problem(error.message));
    $("collection").replaceChildren();
    await showCollections();
});

showCollections().catch((error) => problem(error.message));
