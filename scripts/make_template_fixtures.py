"""Writes how Jinja splits templates into tokens, for the tests of the target Templating.

Run: python scripts/make_template_fixtures.py            (writes Tests/TemplatingTests/Fixtures/tokens.json)
     python scripts/make_template_fixtures.py --full TEMPLATES OUTPUT
                                (writes OUTPUT/template_tokens.json for every *.jinja file in the folder TEMPLATES)
Made with Python 3.11 and jinja2 3.1.6.
"""

import json
import pathlib
import sys

from jinja2 import TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

# Left out: tags that never end ("{{ x"), which Jinja refuses only when it parses and Swiftlet when it splits.
SOURCES = [
    "", "plain", "one\n", "two\n\n", "a\r\nb\rc\n", "{{ x }}", "{{- x -}}", "{{+ x }}", "{{-1}}",
    "a {{- x -}} b", "a \n {{- x -}} \n b", "  {% if a %}\n  b\n  {% endif %}\nc", "x  {% if a %}\n\n y{% endif %}",
    "  {%+ if a %}\n b{%+ endif +%}\n", "{% if a +%}\n b", " {% if a -%} \n\n b {%- endif %} c",
    "{{ x }}  {% if a %}y", "{{ x }}\n  {% if a %}y", "{% if a %}  {% if b %}", "{% if a %}\n  {% if b %}",
    "{# note #}", "  {# note #}\nx", " a {#- note -#} b", "{# a\nb #}{{ c }}", "{#+ a +#}\nb", "{# {{ x }} #}",
    "{% raw %}{{ x }}{% endraw %}", "{% raw %}\n a\n  {% endraw %}\nb", "{%- raw -%} a {%- endraw -%} b",
    "  {% raw %} {% x %}{#{% endraw %}", "{% raw +%}x{% endraw %}", "{%raw%}{%endraw%}",
    "{{ 'a' \"b\" }}", r"{{ 'it\'s' }}", r"{{ '\n\t\\\"\x41\u00e9\U0001F600\101\q' }}", "{{ 'a\nb' }}{{ c }}",
    "{{ 1 }}{{ 1_000 }}{{ 0 }}{{ 0x1F }}{{ 0b101 }}{{ 0o17 }}", "{{ 1.5 }}{{ 1e3 }}{{ 2.5e-3 }}{{ 1_0.5 }}",
    "{{ a.0.1 }}", "{{ a.b[1:2] }}", "{{ {'a': {'b': 1}} }}", "{{ {'a': '}}'} }}", "{{ '%}' }}", "{% set x = {'a': 1} %}",
    "{{ a//b**c%d~e }}", "{{ a==b!=c>=d<=e<f>g }}", "{{ a|b(c=1, *d) }}", "{{ é_1 }}", "{{ a\n+\nb }}\n{{ c }}",
    "unicode \U0001F469\u200D\U0001F4BB {{ x }}", "{ x } {", "{{ a - b }}", "{{ a -}}\n b", "\u00a0{%- if a %}",
    "{# x", "{% raw %} x", "{{ 'x }}", "{{ ) }}", "{{ (] }}", "{{ a ? b }}", "{{ a ! b }}", "{{ (a }}",
]


def tokens(environment, source):
    try:
        stream = environment._tokenize(source, "t")
        found = []
        while stream:
            token = next(stream)
            # How a tag is spelled ("{{-", "%}\\n") says nothing that the parser needs.
            is_tag = token.type.endswith(("_begin", "_end"))
            found.append([token.type, "" if is_tag else token.value, token.lineno])
        return found
    except (TemplateSyntaxError, UnicodeError):
        return None


def main():
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    if sys.argv[1:2] == ["--full"]:
        files = sorted(pathlib.Path(sys.argv[2]).glob("*.jinja"))
        sources = [path.read_text() for path in files]
        output = pathlib.Path(sys.argv[3]) / "template_tokens.json"
    else:
        sources = SOURCES
        output = pathlib.Path(__file__).parent.parent / "Tests/TemplatingTests/Fixtures/tokens.json"
    cases = [{"source": source, "tokens": tokens(environment, source)} for source in sources]
    output.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


main()
