#!/usr/bin/env python3
"""Uses the chat page's inspector in headless Chromium as a person would, against a running server with a real model.

    swiftlet serve smollm2 --port 8080 &
    python3 Tests/EndToEndTests/inspector_page.py http://127.0.0.1:8080 [--screenshots DIR]

Needs `chromium` on the path and `pip install websockets`. Exit code 1 if a check fails.
"""
import argparse
import sys

from browser import Browser
from web_page import LAST, Page


def inspector(page):
    browser = page.browser
    page.set(**{"setting-max_tokens": 12, "setting-temperature": 0})
    page.ask("Name a color.")
    yield "it is off at first", page.count(".inspector") == 0
    browser.click("#inspect")
    yield "an answer from before has no tokens", page.count(".inspector") == 1 and page.count(".token") == 0
    browser.click(".message:last-child [data-action=retry]")
    browser.wait("document.querySelectorAll('.token').length > 0", 60)
    text = "[...document.querySelectorAll('.token')].map((token) => token.textContent.replace(/^·/, ' ').replaceAll('⏎', '\\n')).join('')"
    yield "its tokens are the answer", browser.evaluate(text).strip().startswith(page.stored()[0]["messages"][1]["content"].strip()[:20])
    yield "each is coloured by its probability", browser.evaluate(
        "[...document.querySelectorAll('.token')].every((token) => { const doubt = Number(token.style.getPropertyValue('--doubt'));"
        " return doubt >= 0 && doubt <= 1; }) && [...document.querySelectorAll('.token')].some((token) =>"
        " Number(token.style.getPropertyValue('--doubt')) > 0.01)")
    browser.click(".token:nth-of-type(3)")
    yield "a token shows its alternatives", page.count(".alternatives li") == 5
    yield "and its entropy", "Entropy" in browser.evaluate("document.querySelector('.token-details').textContent")
    page.shot("inspector-alternatives")
    before = page.stored()[0]["messages"][1]["content"]
    second = browser.evaluate("document.querySelectorAll('.alternative')[1].textContent").replace("·", " ").replace("⏎", "\n")
    browser.click(".alternatives li:nth-child(2) .alternative")
    browser.wait(f"{LAST}.dataset.state !== 'streaming' && {LAST}.querySelector('.versions')", 60)
    page.finish()
    after = page.stored()[0]["messages"][1]["content"]
    yield "choosing another goes on from there", after != before and second.strip() in after
    yield "and the answer from before stays", "3 of 3" in browser.evaluate(f"{LAST}.querySelector('.versions').innerText")
    browser.click("[data-action=importance]")
    browser.wait("document.querySelectorAll('.word').length > 2", 120)
    yield "the prompt's words are weighed", browser.evaluate(
        "[...document.querySelectorAll('.word')].some((word) => word.style.getPropertyValue('--weight') === '1.000')")
    yield "and are the prompt", "color" in browser.evaluate("document.querySelector('.heat').textContent")
    page.shot("inspector-importance")
    browser.evaluate("[...document.querySelectorAll('.word')].find((word) => word.textContent.includes('color')).click()")
    browser.click("[data-action=steer]")
    browser.wait(f"{LAST}.dataset.state !== 'streaming' && {LAST}.querySelector('.versions')?.innerText.includes('4 of 4')", 60)
    page.finish()
    yield "marked words can count less", page.stored()[0]["messages"][1]["state"] in ("done", "length")
    browser.click("#inspect")
    yield "it can be switched off", page.count(".inspector") == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("--screenshots")
    options = parser.parse_args()
    browser = Browser()
    failures = 0
    try:
        browser.look()
        browser.open(options.address)
        page = Page(browser, options.address, options.screenshots)
        for name, holds in inspector(page):
            print("ok  " if holds else "FAIL", "inspector:", name, flush=True)
            failures += not holds
        if browser.problems:
            print("FAIL the page reported", browser.problems)
            failures += 1
    finally:
        browser.close()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
