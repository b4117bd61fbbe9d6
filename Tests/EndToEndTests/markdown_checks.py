"""What the page's Markdown must become, checked in the browser; web_page.py runs these."""
import json

LINK = '<a href="https://a.org/" target="_blank" rel="noopener noreferrer">'

# Markdown and the elements it must become.
CASES = [
    ("plain *text*, **bold**, ~~gone~~", "<p>plain <em>text</em>, <strong>bold</strong>, <s>gone</s></p>"),
    ("***both*** and **bold *and italic***",
     "<p><em><strong>both</strong></em> and <strong>bold <em>and italic</em></strong></p>"),
    ("2 * 3 * 4, snake_case_name, a ** b", "<p>2 * 3 * 4, snake_case_name, a ** b</p>"),
    (r"\*not\* \# and \\", r"<p>*not* # and \</p>"),
    ("`a < b` and ``a ` b``", "<p><code>a &lt; b</code> and <code>a ` b</code></p>"),
    ("one\ntwo<br>three", "<p>one<br>two<br>three</p>"),
    ("# One\n### Three ###", "<h2>One</h2><h4>Three</h4>"),
    ("#hashtag", "<p>#hashtag</p>"),
    ("[a](https://a.org) ![pic](https://a.org)", f"<p>{LINK}a</a> {LINK}pic</a></p>"),
    ("see https://a.org.", f"<p>see {LINK}https://a.org</a>.</p>"),
    ("<https://a.org>", f"<p>{LINK}https://a.org</a></p>"),
    ("[x](javascript:alert(1)) [y](data:text/html,z) [z](/local)",
     "<p><span>x</span> <span>y</span> <span>z</span></p>"),
    ("[x](JaVaScRiPt:alert(1)) [y](vbscript:z)", "<p><span>x</span> <span>y</span></p>"),
    ("<b onclick=x>&amp;</b>", "<p>&lt;b onclick=x&gt;&amp;amp;&lt;/b&gt;</p>"),
    ("- a\n  - b\n    - c\n- d", "<ul><li>a<ul><li>b<ul><li>c</li></ul></li></ul></li><li>d</li></ul>"),
    ("1. a\n  - b\n2. c", "<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>"),
    ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
    ("- a\n\n- b", "<ul><li><p>a</p></li><li><p>b</p></li></ul>"),
    ("- a\n1. b", "<ul><li>a</li></ul><ol><li>b</li></ol>"),
    ("> a\n> > b", "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>"),
    ("a\n\n---\n\n* * *", "<p>a</p><hr><hr>"),
    ("- [x] a\n- [ ] b", '<ul><li class="task"><input type="checkbox" disabled="" checked="" aria-label="done">a</li>'
     '<li class="task"><input type="checkbox" disabled="" aria-label="to do">b</li></ul>'),
]

# Text that is hard on a parser: all of it must be shown quickly.
HARD = {
    "stars": "'*a '.repeat(20000)", "closed stars": "'**a'.repeat(10000)", "brackets": "'['.repeat(20000)",
    "links": "'[a]('.repeat(10000)", "quotes": "'>'.repeat(20000)", "ticks": "'` `` '.repeat(8000)",
    "lists": "Array.from({length: 400}, (_, i) => ' '.repeat(2 * i) + '- a').join('\\n')",
    "bars": "'|'.repeat(20000) + '\\n' + '|-'.repeat(20000)", "spaces": "'# ' + ' '.repeat(50000) + 'x'",
    "blank items": "'- a\\n\\n'.repeat(3000)", "addresses": "'http://'.repeat(5000)", "underscores": "'_a_'.repeat(10000)",
    "code": "'```js\\n' + '/*\"`'.repeat(7000)",
}

ANSWER = """Some **bold `code` text** and a [link](https://a.org/b_(c)).

## Steps

1. First
   - nested *item*

     with a paragraph
2. Second

| a | b |
|---|--:|
| 1 | `x|y` |

> quoted
> - list

```swift
func f() -> String { "x" } // done
```
- [x] end
"""

SETUP = """
window.markdown = import("/markdown.js").then(({ showMarkdown }) => ({
    show(text, container = document.createElement("div"), options = {}) {
        showMarkdown(container, text, options);
        return container;
    },
}));
"""


def markdown(page):
    browser = page.browser
    browser.evaluate(SETUP)
    wrong = []
    for source, expected in CASES:
        found = browser.evaluate(f"markdown.then(({{ show }}) => show({json.dumps(source)}).innerHTML)")
        if found != expected:
            wrong.append((source, found))
    yield f"{len(CASES)} texts become the right elements {wrong or ''}", wrong == []

    differs = browser.evaluate(f"""markdown.then(({{ show }}) => {{
        const text = {json.dumps(ANSWER)};
        const growing = document.createElement("div");
        const differs = [];
        for (let end = 1; end <= text.length; end += 1) {{
            show(text.slice(0, end), growing, {{ growing: true }});
            if (growing.innerHTML !== show(text.slice(0, end), undefined, {{ growing: true }}).innerHTML) differs.push(end);
        }}
        show(text, growing);
        if (growing.innerHTML !== show(text).innerHTML) differs.push("end");
        return differs;
    }})""")
    yield f"a growing answer looks like a whole one at every letter {differs or ''}", differs == []

    kept = browser.evaluate("""markdown.then(({ show }) => {
        const container = show("first\\n\\nsecond", undefined, { growing: true });
        const first = container.firstChild;
        show("first\\n\\nsecond and more", container, { growing: true });
        return container.firstChild === first && container.lastChild.textContent === "second and more";
    })""")
    yield "blocks that are complete are left alone", kept

    open_end = browser.evaluate("""markdown.then(({ show }) => show("a **b", undefined, { growing: true }).innerHTML)""")
    yield "what is still open is shown as if closed", open_end == "<p>a <strong>b</strong></p>"

    slow = {}
    for name, expression in HARD.items():
        milliseconds = browser.evaluate(f"""markdown.then(({{ show }}) => {{
            const text = {expression};
            const start = performance.now();
            show(text);
            return performance.now() - start;
        }})""")
        if milliseconds > 2000:
            slow[name] = round(milliseconds)
    yield f"hostile text is shown in time {slow or ''}", slow == {}
