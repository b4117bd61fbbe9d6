"""Small templates that together use every feature; make_template_fixtures.py renders them."""

VARIABLES = {
    "t": True, "f": False, "n": None, "i": 7, "neg": -7, "x": 2.5, "big": 1e16, "tiny": 0.00001, "s": "Hello World",
    "e": "", "u": "e\u0301\u00e9 👩‍💻 ß", "q": "it's \"q\"\n\t\\", "l": [3, 1, 2], "m": {"b": 1, "a": [1, {"c": None}], "items": 2},
    "names": ["bob", "Alice", "carol", "Bob"], "html": "<a href='x'>1 & 2</a>",
    "people": [{"name": "Ann", "age": 30, "job": {"title": "cook"}}, {"name": "Bob", "age": 25, "job": {"title": "smith"}},
               {"name": "cid", "age": 30, "job": {"title": "cook"}}],
    "tree": [{"v": 1, "c": [{"v": 2, "c": []}, {"v": 3, "c": [{"v": 4, "c": []}]}]}],
}

CASES = r"""
{{ t }} {{ f }} {{ n }} {{ i }} {{ x }} {{ big }} {{ tiny }} {{ s }} {{ missing }}|
{{ [t, n, 1, 1.0, 'a', "it's", '"', u, q] }}
{{ {'a': 1, 2: 'b', none: true} }} {{ (1,) }} {{ () }} {{ (1, 2) }} {{ [] }} {{ {} }}
{{ 1e15 }} {{ 1e16 }} {{ 123456789012345678.0 }} {{ 0.0001 }} {{ 0.00001 }} {{ 1.5e300 }} {{ -0.0 }} {{ 1/3 }} {{ 9007199254740993.0 }}
{{ 1 + 2 * 3 - 4 / 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 2 ** 3 ** 2 }}
{{ 7.5 // 2 }} {{ -7.5 // 2 }} {{ 7.5 % 2 }} {{ -7.5 % 2 }} {{ 1 / 2 }} {{ true + 1 }} {{ -true }} {{ +x }} {{ 2.0 ** 0.5 }}
{{ 1 / 0 }}
{{ 1 % 0 }}
{{ 1 + 'a' }}
{{ 'a' + 1 }}
{{ 'a' + 'b' ~ 1 ~ none ~ 2.0 }} {{ 'ab' * 3 }} {{ 3 * [1] }} {{ [1] + [2] }} {{ (1,) + (2,) }} {{ -2 ** 2 }} {{ 'x' * -1 }}|
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 1 == 1.0 == true }} {{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }} {{ 1 != 2 }} {{ 'é' == 'é' }} {{ 'e\u0301' == '\u00e9' }}
{{ 1 < 'a' }}
{{ 'a' in 'cat' }} {{ 'x' not in 'cat' }} {{ 1 in [1, 2] }} {{ 'b' in m }} {{ 'z' in m }} {{ '' in 'a' }} {{ 2 in (1, 2) }} {{ 1.0 in [1] }}
{{ not t }} {{ not not e }} {{ t and 'x' }} {{ f or 'y' }} {{ e and 1 }}| {{ n or e or 0 }} {{ not f == t }} {{ 1 in [1] and not 2 in [1] }}
{{ 'a' if t }} {{ 'a' if f }}| {{ 'a' if f else 'b' }} {{ 'a' if f else 'b' if f else 'c' }} {{ (1 if t else 2) + 3 }}
{{ l[0] }} {{ l[-1] }} {{ l[9] }}| {{ l[1:] }} {{ l[:1] }} {{ l[::-1] }} {{ l[::2] }} {{ l[-2:] }} {{ l[5:1:-1] }} {{ l[:-1] }} {{ l.0 }} {{ l['x'] }}|
{{ s[0] }} {{ s[-1] }} {{ s[1:4] }} {{ s[::-1] }} {{ s[::3] }} {{ s[-5:-2] }} {{ s[10:2:-2] }} {{ s[100:] }}| {{ u[0] }} {{ u[::-1] }}
{{ (1, 2, 3)[1:] }} {{ 'abc'[1] }} {{ [1, 2, 3][-1] }} {{ {'a': {'b': 5}}['a'].b }} {{ m['a'][1]['c'] }} {{ m.a[0] }} {{ m.zz }}|
{{ l[::0] }}
{{ m['items'] }} {{ m.b }} {{ m['b'] }} {{ m.get('zz') }} {{ m.get('zz', 'd') }} {{ m.keys() }} {{ m.values() }} {{ m.items() }}
{{ missing.foo }}
{{ missing }}{{ missing|default('d') }}{{ e|default('d') }}{{ e|default('d', true) }}{{ n|d('x') }}{{ m.zz|default(1) }}{{ none|default('q', boolean=true) }}
{{ missing + 1 }}
{{ missing == missing }} {{ missing == none }} {{ missing is defined }} {{ [missing] }} {{ missing ~ 'x' }} {{ missing|length }} {{ missing|list }}
{{ missing() }}
{{ s() }}
{{ s.foo is defined }} {{ n.foo is defined }} {{ l.append is defined }} {{ m.pop is defined }} {{ s.upper is defined }}
{{ l.append(4) }}
{{ m.update({'x': 1}) }}
{{ 0x1F }} {{ 0b11 }} {{ 1_000 }} {{ 'a' 'b' }} {{ 'tab\tnew\u00e9\x41' }} {{ True }} {{ None }} {{ False }}
{% for a in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }} {{ loop.previtem }}-{{ a }}-{{ loop.nextitem }};{% endfor %}
{% for a in [] %}x{% else %}empty{% endfor %}{% for a in missing %}x{% else %}none{% endfor %}
{% for a in none %}x{% endfor %}
{% for a in 5 %}x{% endfor %}
{% for a in [1,2,3,4,5] if a is odd %}{{ loop.index }}/{{ loop.length }}:{{ a }}{{ loop.last }} {% else %}z{% endfor %}
{% for a in [1,2] if a > 5 %}x{% else %}nothing{% endfor %}
{% for a, b in [(1, 2), (3, 4)] %}{{ a }}{{ b }}{% endfor %}{% for k, v in m.items() %}{{ k }}={{ v }},{% endfor %}{% for k in m %}{{ k }}{% endfor %}
{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for a, b in [(1, 2, 3)] %}x{% endfor %}
{% for a in 'añb' %}[{{ a }}]{% endfor %}{% for a in 1, 2 %}{{ a }}{% endfor %}{% for a in range(3) %}{{ a }}{% endfor %}
{% for a in l recursive %}{{ a }}{% endfor %}{% for n in tree recursive %}{{ n.v }}@{{ loop.depth }}({{ loop(n.c) }}){% endfor %}
{% for a in l %}{{ loop(l) }}{% endfor %}
{% for a in [1,2,3,4,5] %}{% if a == 2 %}{% continue %}{% endif %}{% if a == 4 %}{% break %}{% endif %}{{ a }}{% endfor %}
{% for a in l %}{{ loop.cycle('x', 'y') }}{% endfor %} {% for a in [1,1,2] %}{{ loop.changed(a) }}{% endfor %}
{% for a in [1,2] %}{% for b in [3,4] %}{{ loop.index }}{{ a }}{{ b }}{% endfor %}{{ loop.index }}{% endfor %}
{% set z = 1 %}{% for a in l %}{% set z = z + a %}{{ z }},{% endfor %}{{ z }}
{% set ns = namespace(z=1, y='q') %}{% for a in l %}{% set ns.z = ns.z + a %}{% endfor %}{{ ns.z }}{{ ns.y }}{{ ns.missing }}|
{% set ns = namespace() %}{% set ns.done = false %}{% for a in [1,2,3] if not ns.done %}{{ a }}{% if a == 2 %}{% set ns.done = true %}{% endif %}{% endfor %}
{% set i.x = 1 %}
{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a }}{{ ns['b'] }}
{% if t %}a{% elif f %}b{% else %}c{% endif %}{% if f %}a{% elif t %}b{% endif %}{% if n %}a{% elif e %}b{% else %}c{% endif %}
{% if t %}{% set inside = 5 %}{% endif %}{{ inside }}
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set c = 1, 2 %}{{ c }}{% set (d, g) = [3, 4] %}{{ d }}{{ g }}
{% set block %}x {{ i }} y{% endset %}[{{ block }}]{% set up | upper | replace('A', 'b') %}aac{% endset %}{{ up }}
{% with a = 1, b = 2 %}{{ a }}{{ b }}{% set c = 3 %}{{ c }}{% endwith %}{{ a }}{{ c }}|{% with %}{% set d = 1 %}{{ d }}{% endwith %}
{% macro m1(a, b=2, c=b) %}{{ a }}-{{ b }}-{{ c }}{% endmacro %}{{ m1(1) }} {{ m1(1, 3) }} {{ m1(a=5, c=6) }} {{ m1() }}
{% macro m2() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m2(1, 2, k=3) }}
{% macro m3(a) %}{{ a }}{% endmacro %}{{ m3(1, 2) }}
{% macro m4(a) %}{{ a }}{% endmacro %}{{ m4(z=2) }}
{% macro wrap(tag) %}<{{ tag }}>{{ caller() }}</{{ tag }}>{% endmacro %}{% call wrap('b') %}in {{ i }}{% endcall %}
{% macro each(xs) %}{% for x in xs %}{{ caller(x, loop.index) }};{% endfor %}{% endmacro %}{% call(item, n) each(l) %}{{ n }}={{ item }}{% endcall %}
{% macro fact(n) %}{{ n if n < 2 else n * fact(n - 1)|int }}{% endmacro %}{{ fact(6) }}
{% set v = 1 %}{% macro see() %}{{ v }}{% endmacro %}{% set v = 2 %}{{ see() }}
{% macro outer() %}{% macro inner() %}in{% endmacro %}[{{ inner() }}]{% endmacro %}{{ outer() }}{{ inner is defined }}
{{ wrap2 is defined }}{% macro wrap2() %}{% endmacro %}{{ wrap2 is defined }}{{ wrap2.name }}{{ wrap2 is callable }}
{% filter upper %}abc {{ s }}{% endfilter %}{% filter replace('a', 'b') | upper %}banana{% endfilter %}
{% raw %}{{ not }} {% parsed %}{% endraw %}{# comment #}{% generation %}gen {{ i }}{% endgeneration %}
{%- if t -%}   tight   {%- endif -%}
{{ l|length }} {{ s|length }} {{ u|length }} {{ m|length }} {{ l|count }} {{ range(4)|length }} {{ m.items()|length }}
{{ i|length }}
{{ s|upper }} {{ s|lower }} {{ 'hello wORLD-foo (bar)'|title }} {{ 'hELLO'|capitalize }} {{ 'ß straße'|upper }} {{ 'ΑΣ ΣΑ'|lower }} {{ 5|upper }}
{{ '  x  '|trim }}| {{ 'xxaxx'|trim('x') }} {{ s|replace('l', 'L') }} {{ s|replace('l', 'L', 1) }} {{ 'aaa'|replace('', '-') }} {{ 123|replace(2, 5) }}
{{ l|join }} {{ l|join(', ') }} {{ people|join('-', attribute='name') }} {{ people|map(attribute='job.title')|join(' ') }} {{ 'abc'|join('.') }} {{ [1, none, 2.0]|join('|') }}
{{ l|first }} {{ l|last }} {{ []|first }}| {{ 'abc'|first }}{{ 'abc'|last }} {{ l|sort }} {{ l|sort(reverse=true) }} {{ names|sort }} {{ names|sort(case_sensitive=true) }}
{{ people|sort(attribute='age')|map(attribute='name')|list }} {{ people|sort(attribute='age,name', reverse=true)|map(attribute='name')|list }} {{ people|sort(attribute='job.title')|map(attribute='name')|list }}
{{ [1, 'a']|sort }}
{{ l|reverse|list }} {{ 'abc'|reverse }} {{ l|list }} {{ 'abc'|list }} {{ m|list }} {{ (1, 2)|list }} {{ l|sum }} {{ people|sum(attribute='age') }} {{ [1.5, 2]|sum(start=10) }}
{{ l|min }} {{ l|max }} {{ names|min }} {{ names|max }} {{ people|max(attribute='age') }} {{ []|max }}|
{{ names|unique|list }} {{ [1, 1.0, true, 2]|unique|list }} {{ people|unique(attribute='age')|map(attribute='name')|list }} {{ names|unique(case_sensitive=true)|list }}
{{ m|dictsort }} {{ {'b': 1, 'A': 3, 'c': 2}|dictsort }} {{ {'b': 1, 'A': 3, 'c': 2}|dictsort(true) }} {{ {'b': 1, 'A': 3}|dictsort(by='value', reverse=true) }}
{% for g, xs in people|groupby('age') %}{{ g }}:{{ xs|map(attribute='name')|join(',') }};{% endfor %}{% for g, xs in people|groupby('none', default='d') %}{{ g }}{{ xs|length }}{% endfor %}
{{ [1,2,3,4,5]|batch(2)|list }} {{ [1,2,3,4,5]|batch(2, 'x')|list }} {{ [1,2,3,4,5]|slice(2)|list }} {{ [1,2,3,4,5]|slice(3, 'y')|list }}
{{ l|map('string')|list }} {{ names|map('upper')|list }} {{ l|map('default', 5)|list }} {{ people|map(attribute='zz', default='?')|list }} {{ none|map('upper')|list }} {{ names|map('replace', 'o', '0')|list }}
{{ [1,2,3,4]|select('odd')|list }} {{ [1,2,3,4]|reject('odd')|list }} {{ [0,1,'',none,'a']|select|list }} {{ [0,1]|reject|list }} {{ [1,2,3]|select('gt', 1)|list }} {{ l|select('in', [1,2])|list }}
{{ people|selectattr('age', 'equalto', 30)|map(attribute='name')|list }} {{ people|rejectattr('age', 'eq', 30)|map(attribute='name')|list }} {{ people|selectattr('zz')|list }} {{ people|selectattr('job.title', '==', 'cook')|list|length }} {{ none|selectattr('a')|list }}
{{ l|select('nosuch')|list }}
{{ s|nosuch }}
{{ s is nosuch }}
{% if f %}{{ s|nosuch }}{% endif %}ok
{{ -3|abs }} {{ (-3)|abs }} {{ 2.5|round }} {{ 3.5|round }} {{ 2.567|round(2) }} {{ 2.1|round(method='ceil') }} {{ 2.9|round(0, 'floor') }} {{ 7|round }} {{ 1234.5|round(-2) }} {{ 2.675|round(2) }} {{ 42.55|round(1, 'floor') }}
{{ '42'|int }} {{ 'x'|int }} {{ 'x'|int(5) }} {{ 3.9|int }} {{ '3.9'|int }} {{ '0x1A'|int(0, 16) }} {{ ' 12 '|int }} {{ none|int }} {{ true|int }} {{ '1_000'|int }} {{ '1e3'|int }} {{ '-7'|int }}
{{ '4.5'|float }} {{ 'x'|float }} {{ 3|float }} {{ 'inf'|float }} {{ '1e5'|float }} {{ '.5'|float }} {{ '5.'|float }} {{ none|float(1.5) }}
{{ 'abc'|string }} {{ 5|string }} {{ [1]|string }} {{ 'a\nb\n\nc'|indent }} {{ 'a\nb\n\nc'|indent(2, true) }} {{ 'a\n\nb'|indent(2, blank=true) }} {{ 'a\nb'|indent('--') }} {{ 'a\n'|indent }}|
{{ 'abc'|center(9) }}| {{ 'abcd'|center(9) }}| {{ 'one two  three'|wordcount }} {{ "it's a-b"|wordcount }} {{ 'x'|center(4) }}|
{{ '%s is %d and %.2f'|format('a', 5, 2.5) }} {{ '%(a)s-%(b)05d'|format(a='x', b=42) }} {{ '%s' % 'a' }} {{ '%s %r' % ('a', 'b') }} {{ '%5s|%-5s|%05d|%+d|%x|%X|%o|%e|%g|%c|%%' % ('a', 'b', 42, 7, 255, 255, 8, 12345.678, 0.0001, 'z') }}
{{ '%d' % 'a' }}
{{ '%s %s' % ('a',) }}
{{ '%s' % ('a', 'b') }}
{{ '%*d|%.3s|%.3d|% d|%#x' % (5, 42, 'abcdef', 7, 3, 255) }} {{ '%s' % none }} {{ '%s' % [1, 2] }} {{ '%i' % 3.9 }}
{{ '{} {}'.format(1, 'a') }} {{ '{1} {0}'.format('a', 'b') }} {{ '{a} {b.name} {c[0]} {c[1]}'.format(a=1, b=people[0], c=[5, 6]) }} {{ '{{}} {!r}'.format('x') }} {{ '{:>5}|{:<5}|{:^5}|{:*^7}|{:05d}|{:,}|{:.2f}|{:x}|{:#b}|{:e}|{:%}|{:+}'.format('a', 'b', 'c', 'd', 42, 1234567, 3.14159, 255, 5, 1234.5, 0.25, 3) }}
{{ '{}'.format() }}
{{ '{'.format() }}
{{ '{a}'.format(b=1) }}
{{ '{:{w}}|{:.3}|{:g}|{:_}|{:10.3f}|{!s:>4}|{:.1%}|{:c}|{:}'.format('a', 'abcdef', 1e10, 12345, 2.5, 'z', 0.123, 65, none, w=4) }} {{ '{:d}'.format(true) }} {{ '{}'.format(true) }} {{ '{:.2}'.format(3.14159) }} {{ '{:08.2f}'.format(-3.14159) }}
{{ '{:d}'.format('a') }}
{{ html|escape }} {{ html|e }} {{ html|safe }} {{ '<' + ('<b>'|safe) }} {{ ('<b>'|safe) + '<' }} {{ '<' ~ ('<b>'|safe) }} {{ 'a'|safe is escaped }} {{ html|forceescape }} {{ ('<b>'|e)|e }}
{{ m|tojson }} {{ l|tojson }} {{ q|tojson }} {{ u|tojson }} {{ x|tojson }} {{ n|tojson }} {{ t|tojson }} {{ html|tojson }} {{ {1: 2, none: 3, true: 4, 1.5: 5}|tojson }} {{ (1, 2)|tojson }} {{ 1e16|tojson }} {{ [[], {}]|tojson(indent=2) }}
{{ m|tojson(indent=2) }} {{ m|tojson(sort_keys=true) }} {{ u|tojson(ensure_ascii=true) }} {{ m|tojson(separators=(',', ':')) }} {{ l|tojson(indent=0) }} {{ [1]|tojson(indent='--') }}
{{ missing|tojson }}
{{ range(3)|tojson }}
{{ '"\\/\b\f\n\r\t\x01\x7f\u2028'|tojson }} {{ '\x7f'|tojson(ensure_ascii=true) }} {{ 'inf'|float|tojson }} {{ 'nan'|float|tojson }}
{{ 'a b&c/d?é'|urlencode }} {{ {'a': 'x y', 'b': 2}|urlencode }} {{ [('k', 'v/w')]|urlencode }}
{{ 'one two three four'|truncate(9) }} {{ 'one two three four'|truncate(9, true) }} {{ 'one two three four'|truncate(9, false, '!') }} {{ 'short'|truncate(9) }} {{ 'abcdefghijkl'|truncate(10) }} {{ 'abcdefghijkl'|truncate(10, leeway=0) }}
{{ 'one two three four five'|wordwrap(9) }} {{ 'abcdefghijkl mn'|wordwrap(5) }} {{ 'abcdefghijkl mn'|wordwrap(5, false) }} {{ 'well-known fact'|wordwrap(7) }} {{ 'a b\nc d'|wordwrap(3, wrapstring='/') }}
{{ '<p>Some <b>text</b>  here<!-- no --></p>'|striptags }} {{ 1000|filesizeformat }} {{ 1234567|filesizeformat }} {{ 1234567|filesizeformat(true) }} {{ 1|filesizeformat }} {{ 500|filesizeformat }} {{ 1e27|filesizeformat }}
{{ m|items|list }} {{ missing|items|list }} {{ s|attr('upper')() }} {{ m|attr('b') }}| {{ 'a'|pprint }} {{ people[0]|attr('name') is defined }}
{{ n|items|list }}
{{ 1 is odd }} {{ 2 is even }} {{ 9 is divisibleby 3 }} {{ 9 is divisibleby(2) }} {{ n is none }} {{ t is boolean }} {{ 1 is boolean }} {{ t is true }} {{ f is false }} {{ 1 is true }} {{ 1 is integer }} {{ 1.0 is integer }} {{ true is integer }} {{ x is float }} {{ 1 is number }} {{ true is number }}
{{ s is string }} {{ l is string }} {{ m is mapping }} {{ l is mapping }} {{ l is iterable }} {{ s is iterable }} {{ i is iterable }} {{ l is sequence }} {{ m is sequence }} {{ s is sequence }} {{ i is sequence }} {{ range is callable }} {{ s is callable }} {{ missing is iterable }} {{ missing is undefined }} {{ m.items() is sequence }} {{ m.items() is iterable }} {{ missing is sequence }} {{ (1,) is sequence }}
{{ 'abc' is lower }} {{ 'ABC' is upper }} {{ 'aB' is lower }} {{ 1 is eq 1 }} {{ 1 is ne 2 }} {{ 1 is lt 2 }} {{ 2 is gt 1 }} {{ 2 is ge 2 }} {{ 1 is le 1 }} {{ 1 is in [1] }} {{ 'upper' is filter }} {{ 'zz' is filter }} {{ 'odd' is test }} {{ n is sameas none }} {{ 1 is sameas true }} {{ 1 is equalto 1 }}
{{ 1 is not none }} {{ not 1 is none }} {{ x is defined and x > 1 }} {{ s is string and s|length > 3 }} {{ 5 is odd|string }} {{ 1 is odd == true }}
{{ s.upper() }} {{ s.lower() }} {{ s.swapcase() }} {{ 'a b'.title() }} {{ "it's ok".title() }} {{ 'aBC'.capitalize() }} {{ ' a '.strip() }}|{{ ' a '.lstrip() }}|{{ ' a '.rstrip() }}| {{ 'xxaxy'.strip('xy') }} {{ 'abc'.lstrip('ab') }} {{ 'abc'.rstrip('cb') }}
{{ 'a,b,,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a b c'.split(' ', 1) }} {{ 'a b c'.rsplit(' ', 1) }} {{ 'a b c'.split(maxsplit=1) }} {{ ' a b  c '.rsplit(none, 1) }} {{ ''.split() }} {{ ''.split(',') }} {{ 'abc'.split('b') }} {{ 'aXbXc'.rsplit('X') }} {{ ' a  b '.split(none, 1) }}
{{ 'a'.split('') }}
{{ 'a\nb\r\nc\n'.splitlines() }} {{ 'a\nb\n'.splitlines(true) }} {{ 'a\u2028b'.splitlines() }} {{ ''.splitlines() }}
{{ s.startswith('He') }} {{ s.endswith(('x', 'ld')) }} {{ s.startswith('ell', 1) }} {{ s.startswith(('a', 'H')) }} {{ s.endswith('') }} {{ s.startswith('World', 6, 9) }} {{ 'é'.startswith('e') }}
{{ s.startswith(1) }}
{{ s.replace('l', '') }} {{ s.replace('l', '1', 2) }} {{ s.replace('o', '0', -1) }} {{ s.find('o') }} {{ s.rfind('o') }} {{ s.find('z') }} {{ s.find('o', 5) }} {{ s.index('W') }} {{ s.rindex('l') }} {{ s.count('l') }} {{ s.count('') }} {{ u.find('ß') }} {{ s.find('') }} {{ s.rfind('') }} {{ s.find('o', 5, 7) }}
{{ s.index('z') }}
{{ ', '.join(names) }} {{ ''.join([]) }}| {{ '-'.join('abc') }} {{ 'a-b-c'.partition('-') }} {{ 'a-b-c'.rpartition('-') }} {{ 'abc'.partition('-') }} {{ 'abc'.rpartition('-') }} {{ 'prefix-x'.removeprefix('prefix-') }} {{ 'a.py'.removesuffix('.py') }} {{ 'a'.removesuffix('') }}
{{ ', '.join([1]) }}
{{ 'a'.center(5, '*') }} {{ 'ab'.center(5, '*') }} {{ 'a'.ljust(3) }}| {{ 'a'.rjust(3) }} {{ '7'.zfill(3) }} {{ '-7'.zfill(4) }} {{ 'a\tb'.expandtabs(4) }} {{ 'ß'.casefold() }} {{ 'ab'.rjust(1) }}
{{ 'abc'.isalpha() }} {{ 'a1'.isalnum() }} {{ '12'.isdigit() }} {{ '1.2'.isdigit() }} {{ '²'.isdigit() }} {{ '²'.isdecimal() }} {{ '½'.isnumeric() }} {{ ' '.isspace() }} {{ ''.isspace() }} {{ 'a'.islower() }} {{ 'A'.isupper() }} {{ 'Ab Cd'.istitle() }} {{ 'aé'.isascii() }} {{ '1'.isupper() }} {{ 'é'.isalpha() }}
{{ l.index(2) }} {{ l.count(1) }} {{ l.copy() }} {{ (1, 1).count(1) }} {{ m.copy() }} {{ (2.0).is_integer() }} {{ range(5)[1] }} {{ range(1, 9, 3)|list }} {{ range(5, 0, -2)|list }} {{ range(3) }} {{ range(0, 4, 2) }} {{ range(0)|list }}
{{ l.index(9) }}
{{ range(1000000) }}
{{ range(1, 2, 0) }}
{{ dict(a=1, b=2) }} {{ dict({'x': 1}, y=2) }} {{ dict([('k', 'v')]) }} {{ dict() }}
{% set j = joiner('; ') %}{% for a in l %}{{ j() }}{{ a }}{% endfor %} {% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.next() }}
{{ strftime_now('%Y-%m-%d %H:%M:%S %d %b %B %a %A %j %I %p %y %%') }} {{ strftime_now('%U %W %w %u %e|%-d|%F|%T|%D') }}
{{ raise_exception('No ' ~ i) }}
{% if t %}{{ raise_exception("bad 'é'") }}{% endif %}
{{ m.a[1].c is none }} {{ people[1].job.title }} {{ people[-1]['name'][0] }} {{ people|length - 1 }} {{ (people|first).name }} {{ people[0].name.upper()[0:2] }} {{ [1, 2, 3][1:][0] }}
{{ m1 is defined }}{% set m1 = l|map('string')|map('upper')|list %}{{ m1 }} {{ 'x'.join(l|map('string')) }} {{ l|map('int')|sum }}
{% set d = {'a': [1, 2]} %}{% for k, v in d|dictsort %}{{ k }}{% for y in v %}{{ y }}{{ loop.last }}{% endfor %}{% endfor %}{{ d.a|last }}
{{ [1, 2] == [1, 2] }} {{ [1] == (1,) }} {{ {'a': 1} == {'a': 1.0} }} {{ 1 == '1' }} {{ none == false }} {{ '' == none }} {{ [1, [2]] != [1, [3]] }} {{ {1: 2}[1.0] }} {{ {true: 'x'}[1] }}
{{ {[1]: 2} }}
{{ '\\' }} {{ '\'' }} {{ "\"" }} {{ 'a\
b' }} {{ ['\x00\x1f\x7f\xa0\xad', '\u200b\ue000\U0001F600'] }}
{% for c in 'ab' %}{% set outer = loop %}{% for d in 'xy' %}{{ outer.index }}.{{ loop.index }} {% endfor %}{% endfor %}
{% macro rec(x) %}{% if x is mapping %}{% for k, v in x.items() %}{{ k }}:{{ rec(v) }},{% endfor %}{% elif x is iterable and x is not string %}[{% for y in x %}{{ rec(y) }}{% if not loop.last %},{% endif %}{% endfor %}]{% else %}{{ x }}{% endif %}{% endmacro %}{{ rec(m) }}
{% macro kw(a, **b) %}{% endmacro %}
{% block body %}b{{ i }}{% endblock %} {% print i, s %}
{% include 'x' %}
{% extends 'x' %}
{% import 'x' as y %}
{% nosuchtag %}
{% if t %}never closed
{{ 1 + }}
{{ 'a' if }}
{% for in l %}{% endfor %}
{% set 1 = 2 %}
{% endif %}
{{ foo(a=1, 2) }}
{% break %}
{{ 9223372036854775807 }} {{ -9223372036854775807 - 1 }} {{ 4611686018427387904 * 1 }} {{ 10 ** 18 }} {{ 3 // 0.5 }} {{ 1e308 * 10 }} {{ 5 % 2.5 }}
{{ namespace(_x=1) }}
{{ m.__class__ }}| {{ s.__len__ is defined }} {{ ''.__class__ is defined }}
{{ ''.__class__.__mro__ }}
{{ [1, 2, 3] | map('string') | join('+') ~ '=' ~ 6 }} {{ 1 ~ 2 * 3 }} {{ 2 * 3 ~ 4 }} {{ not 1 + 1 }} {{ 'a' ~ 'b' | upper }} {{ -1 | abs }} {{ 'a' ~ 1 | string }} {{ (2 ** 2) | string }}
{% set x = {'k': 1} %}{% set x = dict(x, **{'z': 2}) %}{{ x }}{% macro sp(a, b) %}{{ a }}{{ b }}{% endmacro %}{{ sp(*[1, 2]) }}{{ sp(**{'a': 3, 'b': 4}) }}{{ sp(1, *[5]) }}
{% if l and m and s %}all{% endif %}{% if not l or missing %}none{% endif %}{% if 'a' in m and m.a[0] == 1 %}yes{% endif %}{% if missing is not defined or missing.x %}short{% endif %}
{{ l|sort|reverse|join }} {{ l|batch(2)|map('join', '+')|list }} {{ 'c b a'.split()|sort|join(' ')|title }} {{ names|map('lower')|unique|sort|list }} {{ names|map('length')|list }} {{ people|map(attribute='name')|map('first')|join }}
""".strip("\n").replace("\\\nb' }}", "\x00").split("\n")
CASES = [case.replace("\x00", "\\\nb' }}") for case in CASES] + [
    "  {% if t %}\n    yes\n  {% endif %}\n", "  {% for a in l %}\n    {{ a }}\n  {% endfor %}\nend\n", "{% if t %}\n\nx\n{% endif %}\n\ny\n\n",
    "{%- for a in l -%}\n  {{- a }}\n{%- endfor -%}\n tail", "a\n{# note #}\nb{#- x -#}\n c\n", "{%+ if t %}x{%+ endif %}\n",
    "{% for a in l %}\n{% if a == 1 %}\n{% continue %}\n{% endif %}\n{{ a }},\n{% endfor %}",
    "{{ messages }}{{ tools }}{{ documents }}{{ add_generation_prompt }}",
]
