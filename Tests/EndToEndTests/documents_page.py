#!/usr/bin/env python3
"""Uses the page of documents in headless Chromium as a person would, against a running server.

    swiftlet serve MODEL minilm --port 8080 &
    python3 Tests/EndToEndTests/documents_page.py http://127.0.0.1:8080 FOLDER [--screenshots DIR]

FOLDER is one that make_documents.py made. Needs `chromium` on the path and `pip install websockets` (16.1). It checks what the
page does, never what the model says.
"""
import argparse
import json
import os

from browser import Browser

HOSTILE = "<img src=x onerror=window.hacked=1> The sluice gate opens at noon."


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("folder")
    parser.add_argument("--screenshots")
    options = parser.parse_args()
    browser = Browser()
    try:
        drive(browser, options)
    finally:
        browser.close()


def drive(browser, options):
    browser.look()
    browser.open(options.address)
    browser.click("#documents-link")
    browser.wait("document.title.startsWith('Documents') && document.querySelector('#collection option')")
    browser.evaluate("window.prompt = () => 'page-test'; window.confirm = () => true")
    browser.click("#new")
    browser.wait("document.querySelector('#collection').value === 'page-test'")
    files = {}
    for name in ["bicycles.md", "garage.pdf", "broken.pdf"]:
        with open(os.path.join(options.folder, name), "rb") as file:
            files[name] = file.read().decode("latin-1")
    files["gate.txt"] = HOSTILE
    browser.evaluate(f"""(() => {{
        const transfer = new DataTransfer();
        for (const [name, text] of Object.entries({json.dumps(files)}))
            transfer.items.add(new File([Uint8Array.from(text, (letter) => letter.charCodeAt(0))], name));
        const event = new DragEvent("drop", {{ dataTransfer: transfer, bubbles: true, cancelable: true }});
        document.querySelector("#drop").dispatchEvent(event);
    }})()""")
    browser.wait("document.querySelectorAll('#documents li').length === 3", 60)
    problems = browser.evaluate("document.querySelector('#problems').innerText")
    assert "broken.pdf" in problems and "page 2 of 2" in problems, problems

    browser.click("#map summary")
    browser.wait("document.querySelectorAll('#map circle').length >= 3", 20)
    browser.evaluate("document.querySelector('#map circle').focus()")
    browser.wait("document.querySelector('#map p').textContent.includes(' - ')", 5)

    browser.click("#question")
    browser.type("When does the sluice gate open?")
    browser.press("Enter")
    browser.wait("document.querySelector('#cost').textContent.includes('tokens read')", 120)
    assert browser.evaluate("window.hacked") is None and browser.evaluate("document.images.length") == 0
    passages = browser.evaluate("[...document.querySelectorAll('#passages h2')].map((item) => item.textContent)")
    assert passages[0] == "[1] gate.txt: line 1", passages
    assert browser.evaluate("document.querySelectorAll('#passages mark').length") > 0
    citation = browser.wait("document.querySelector('.citation')?.textContent", 5)
    browser.click(".citation")
    browser.wait(f"document.querySelector('#passage-{citation}').classList.contains('shown')", 5)
    if options.screenshots:
        browser.screenshot(options.screenshots, "documents")
        browser.look(phone=True, dark=True)
        browser.screenshot(options.screenshots, "documents-phone")
        browser.look()
    browser.click("#remove")
    assert browser.wait("document.querySelector('#collection').value !== 'page-test'", 20), "the collection is still there"
    assert not browser.problems or all("404" in problem for problem in browser.problems), browser.problems
    print("documents page: done")


main()
