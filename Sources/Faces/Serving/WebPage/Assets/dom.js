// Builds elements. Text only ever becomes text nodes: nothing in this page parses a string as HTML, so whatever a model
// or an imported file says stays inert.

/** `el("button", { class: "icon", onclick: f, "aria-label": "Copy" }, child, "text")` */
export function el(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (value === undefined || value === null || value === false) continue;
        if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
        else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
}

const svgNamespace = "http://www.w3.org/2000/svg";

/** One of the symbols at the top of index.html. */
export function icon(name) {
    const svg = document.createElementNS(svgNamespace, "svg");
    const use = document.createElementNS(svgNamespace, "use");
    use.setAttribute("href", `#icon-${name}`);
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    svg.append(use);
    return svg;
}

export function iconButton(name, label, onclick, extra = {}) {
    return el("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...extra },
        icon(name));
}

/** A button that copies `text()` and says so for a moment. */
export function copyButton(label, text) {
    const button = iconButton("copy", label, async () => {
        const copied = await copy(text());
        button.replaceChildren(icon(copied ? "check" : "alert"));
        announce(copied ? "Copied" : "The browser did not allow copying");
        setTimeout(() => button.replaceChildren(icon("copy")), 1600);
    });
    return button;
}

async function copy(text) {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        // Browsers offer the clipboard only to pages from this machine or over HTTPS; a phone on the same network has
        // neither, and the old command still works there.
        const field = el("textarea", { class: "visually-hidden", "aria-hidden": "true" });
        field.value = text;
        document.body.append(field);
        field.select();
        const copied = document.execCommand("copy");
        field.remove();
        return copied;
    }
}

/** Says something to screen readers without showing it. */
export function announce(text) {
    document.getElementById("announcer").textContent = text;
}

let toastTimer;

/** A short notice at the bottom, with an action such as undo. */
export function toast(text, actionLabel, action) {
    const box = document.getElementById("toast");
    clearTimeout(toastTimer);
    const hide = () => {
        box.hidden = true;
        box.replaceChildren();
    };
    box.replaceChildren(el("span", {}, text));
    if (action) {
        box.append(el("button", { type: "button", onclick: () => { hide(); action(); } }, actionLabel));
    }
    box.hidden = false;
    toastTimer = setTimeout(hide, 7000);
}

/** Makes a text area as tall as its text; the style sheet sets the limit. */
export function fitHeight(area) {
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + area.offsetHeight - area.clientHeight}px`;
}
