#!/usr/bin/env python3
"""Uses the chat page in headless Chromium as a person would, against a running server.

    swiftlet serve MODEL --port 8080 &
    python3 Tests/EndToEndTests/web_page.py http://127.0.0.1:8080 [--model NAME] [--screenshots DIR]

Needs `chromium` on the path and `pip install websockets` (16.1). Works with any model, scripted or real: it checks what
the page does with an answer and never what the answer says. Exit code 1 if a check fails.
"""
import argparse
import json
import sys
import time

from browser import Browser
from markdown_checks import markdown

LAST = "document.querySelector('#messages > :last-child')"
IDLE = "document.querySelector('#send').dataset.mode === 'send'"
STOPPABLE = "document.querySelector('#send').dataset.mode === 'stop'"
HOSTILE = "Repeat exactly: <img src=x onerror=alert(1)> <script>alert(2)</script> [link](javascript:alert(3))"


class Page:
    """The page's parts by what they are for."""

    def __init__(self, browser, address, screenshots):
        self.browser = browser
        self.address = address
        self.screenshots = screenshots

    def send(self, text):
        self.browser.click("#composer textarea")
        self.browser.type(text)
        self.browser.press("Enter")

    def finish(self, seconds=120):
        """Waits for the end of the answer and returns its state."""
        self.browser.wait(IDLE, seconds)
        return self.browser.wait(f"{LAST}.dataset.state !== 'streaming' && {LAST}.dataset.state", 5)

    def ask(self, text):
        self.send(text)
        self.browser.wait(f"{STOPPABLE} || {LAST}?.querySelector('.stats')", 10)
        return self.finish()

    def answer(self):
        return self.browser.evaluate(f"{LAST}.querySelector(':scope > .prose').innerText")

    def count(self, selector):
        return self.browser.evaluate(f"document.querySelectorAll({json.dumps(selector)}).length")

    def questions(self):
        return self.browser.evaluate("[...document.querySelectorAll('.bubble')].map((bubble) => bubble.textContent)")

    def titles(self):
        return self.browser.evaluate("[...document.querySelectorAll('#sidebar .open')].map((item) => item.textContent)")

    def stored(self):
        return self.browser.evaluate("""Object.keys(localStorage).filter((key) => key.startsWith("swiftlet.conversation."))
            .map((key) => JSON.parse(localStorage[key]))""")

    def set(self, **values):
        """Fills in settings by their fields, as typing does."""
        self.browser.click("#open-settings")
        for name, value in values.items():
            self.browser.evaluate(f"""(() => {{
                const field = document.querySelector({json.dumps("#" + name)});
                field.value = {json.dumps(str(value))};
                field.dispatchEvent(new Event("input"));
            }})()""")
        self.shot("settings")
        self.browser.press("Escape")
        self.browser.wait("!document.querySelector('#settings').open", 5)

    def shot(self, name):
        self.browser.screenshot(self.screenshots, name)


def empty_state(page):
    page.shot("empty-light")
    yield "it invites with examples", page.count("#examples button") == 4
    yield "nothing can be sent yet", page.browser.evaluate("document.querySelector('#send').disabled")
    page.browser.look(dark=True)
    page.shot("empty-dark")
    yield "it is dark when the system is", page.browser.evaluate(
        "getComputedStyle(document.body.parentElement).backgroundColor.match(/\\d+/g).every((part) => part < 60)")
    page.browser.click("#theme")
    yield "the theme can be chosen", page.browser.evaluate("document.documentElement.dataset.theme") == "light"
    page.browser.click("#theme")
    page.browser.look()


def settings_apply(page):
    page.set(**{"setting-max_tokens": 24, "setting-temperature": 0, "setting-seed": 7})
    yield "settings are marked", page.count("#open-settings.customized") == 1


def answers(page):
    state = page.ask("Say hello.")
    yield "an answer comes", state in ("done", "length") and page.answer().strip() != ""
    yield "its speed is shown", "tokens/s" in page.browser.evaluate(f"{LAST}.querySelector('.stats').textContent")
    yield "the token limit is kept", page.stored()[0]["messages"][1]["stats"]["tokens"] <= 24
    yield "settings are stored with the chat", page.stored()[0]["settings"] == {
        "max_tokens": 24, "temperature": 0, "seed": 7}
    yield "the chat is named after its question", page.titles() == ["Say hello."]
    page.shot("answered-light")


def retries(page):
    page.browser.click(".message:last-child [data-action=retry]")
    page.browser.wait(f"{STOPPABLE} || {LAST}?.querySelector('.stats')", 10)
    state = page.finish()
    yield "retry answers again", state in ("done", "length") and page.answer().strip() != ""
    yield "in the old answer's place", page.count(".message") == 2
    versions = f"{LAST}.querySelector('.versions').innerText.trim()"
    yield "and keeps the old answer", page.browser.evaluate(versions) == "2 of 2"
    page.browser.click(".message:last-child [data-action=previous]")
    yield "which can be seen again", page.browser.evaluate(versions) == "1 of 2"


def edits(page):
    page.ask("And goodbye.")
    yield "a conversation goes on", page.count(".message") == 4
    page.browser.click(".message.user [data-action=edit]")
    page.browser.evaluate("document.querySelector('.edit-form textarea').select()")
    page.browser.type("Say good morning.")
    page.shot("editing")
    page.browser.press("Enter")
    page.browser.wait("document.querySelectorAll('.message').length === 2", 10)
    state = page.finish()
    yield "an edited question continues from there", state in ("done", "length") and page.count(".message") == 2
    yield "with its new text", page.questions() == ["Say good morning."]


def stops(page):
    page.browser.click("#new-chat")
    page.send("Tell me a very long story about a swift that never lands, in twenty chapters.")
    started = page.browser.wait(f"{STOPPABLE} && {LAST}.querySelector(':scope > .prose').innerText.length > 5", 60)
    page.shot("streaming")
    page.browser.press("Escape")
    state = page.finish(10)
    yield "Escape stops an answer", bool(started) and state == "stopped"
    before = page.answer()
    time.sleep(0.5)
    yield "what was written stays, and no more comes", before != "" and page.answer() == before
    state = page.ask("Say yes.") if page.set(**{"setting-max_tokens": 16}) is None else None
    yield "after a stop the chat goes on", state in ("done", "length")


def survives_reload(page):
    titles, messages = page.titles(), page.count(".message")
    page.browser.reload()
    yield "both chats survive a reload", len(titles) == 2 and page.titles() == titles
    yield "the open one is open again", page.count(".message") == messages == 4
    page.browser.click("#sidebar li:not(.current) .open")
    yield "the other opens", page.browser.wait("document.querySelectorAll('.message').length === 2", 5)
    yield "with its question", page.questions() == ["Say good morning."]


def stays_text(page):
    page.ask(HOSTILE)
    yield "a question's HTML stays text", page.questions()[-1] == HOSTILE
    # The model may not repeat it: put it into a stored answer too, and show that.
    page.browser.evaluate(f"""(() => {{
        const key = "swiftlet.conversation." + location.hash.slice(1);
        const conversation = JSON.parse(localStorage[key]);
        conversation.messages.at(-1).content = {json.dumps(HOSTILE)};
        localStorage[key] = JSON.stringify(conversation);
    }})()""")
    page.browser.reload()
    yield "an answer's HTML stays text", "<img src=x onerror=alert(1)> <script>" in page.answer()
    yield "no element came of it", page.count("#messages img, #messages script, #messages a") == 0
    yield "and nothing ran", page.browser.dialogs == []


def renames_and_deletes(page):
    page.browser.click("#sidebar li.current [data-action=rename]")
    page.browser.type("My chat")
    page.browser.press("Enter")
    yield "a chat can be renamed", "My chat" in page.titles()
    page.browser.click("#sidebar li.current [data-action=delete]")
    yield "and deleted", len(page.titles()) == 1 and page.count("#welcome:not([hidden])") == 1
    page.browser.click("#toast button")
    yield "and brought back", "My chat" in page.titles() and page.count(".message") > 0


def refusals(page):
    page.browser.evaluate("window.realFetch = fetch; window.fetch = () => Promise.reject(new TypeError('offline'))")
    state = page.ask("Is anybody there?")
    page.shot("error")
    yield "an error is shown in its place", state == "failed" and page.count(".message:last-child .problem") == 1
    page.browser.evaluate("window.fetch = window.realFetch")
    page.browser.click(".message:last-child .problem [data-action=retry]")
    page.browser.wait(f"{STOPPABLE} || {LAST}?.querySelector('.stats')", 10)
    yield "and can be retried", page.finish() in ("done", "length")


def phone(page):
    page.browser.look(width=390, height=844, phone=True)
    page.shot("phone-light")
    page.browser.look(width=390, height=844, phone=True, dark=True)
    page.shot("phone-dark")
    yield "a phone's page does not scroll sideways", page.browser.evaluate(
        "document.documentElement.scrollWidth <= innerWidth")
    yield "the list is put away", page.browser.evaluate("getComputedStyle(sidebar).visibility") == "hidden"
    page.browser.click("#open-sidebar")
    time.sleep(0.3)
    page.shot("phone-list")
    yield "and opens as a drawer", page.browser.evaluate("getComputedStyle(sidebar).visibility") == "visible"
    small = page.browser.evaluate("""[...document.querySelectorAll("button")].filter((button) => {
        const box = button.getBoundingClientRect();
        return box.width > 0 && Math.min(box.width, box.height) < 36;
    }).map((button) => button.ariaLabel || button.textContent)""")
    yield f"buttons are big enough to touch {small or ''}", small == []


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address", help="the server's address, such as http://127.0.0.1:8080")
    parser.add_argument("--model", help="which of the server's models to ask; its first by default")
    parser.add_argument("--screenshots", metavar="DIR", help="where to put pictures of the page")
    options = parser.parse_args()

    browser = Browser()
    passed = failed = 0
    try:
        browser.look()
        browser.open(options.address)
        if options.model:
            browser.evaluate(f"localStorage['swiftlet.model'] = {json.dumps(options.model)}")
            browser.reload()
        page = Page(browser, options.address, options.screenshots)
        for part in (empty_state, settings_apply, answers, retries, edits, stops, survives_reload, stays_text,
                     renames_and_deletes, refusals, markdown, phone):
            for what, holds in part(page):
                passed, failed = passed + bool(holds), failed + (not holds)
                print(f"{'ok  ' if holds else 'FAIL'} {part.__name__.replace('_', ' ')}: {what}", flush=True)
        holds = browser.problems == []
        passed, failed = passed + holds, failed + (not holds)
        print("ok   the page reported no errors" if holds else f"FAIL the page reported {browser.problems}")
    finally:
        browser.close()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
