import JSONValues
import Testing

@testable import Templating

/// What a template writes itself and what it takes from the conversation, through everything it can do with text.
struct MarkedTextTests {
    /// Renders with the variable `x` as input; what came from it stands between « and ».
    private func render(_ source: String, _ x: JSON = "ab cd") throws -> String {
        let marked = try Template(source, name: "test").render(["x": x, "t": "T"], inputs: ["x"])
        let bytes = Array(marked.text.utf8)
        var text = ""
        var end = 0
        for range in marked.inputs {
            #expect(range.lowerBound >= end && !range.isEmpty && (range.lowerBound > end || end == 0))
            text += String(decoding: bytes[end..<range.lowerBound], as: UTF8.self)
            text += "«" + String(decoding: bytes[range], as: UTF8.self) + "»"
            end = range.upperBound
        }
        return text + String(decoding: bytes[end...], as: UTF8.self)
    }

    @Test(arguments: [
        ("<s>{{ x }}</s>", "<s>«ab cd»</s>"),
        ("{{ '[' + x + ']' }}", "[«ab cd»]"),
        ("{{ '[' ~ x ~ t ~ 1 ~ ']' }}", "[«ab cd»T1]"),
        ("{{ ('  [' + x + ']  ') | trim }}", "[«ab cd»]"),
        ("{{ ('[' + x + ']').strip('[') }}", "«ab cd»]"),
        ("{{ ('[' + x + ']')[2:] }}", "«b cd»]"),
        ("{{ ('[' + x + ']')[-3:] }}", "«cd»]"),
        ("{{ ('[' + x + ']')[0] }}{{ x[1] }}", "[«b»"),
        ("{{ ('[' + x + ']').split(' ')[0] }}", "[«ab»"),
        ("{{ ('[' + x + ']').rsplit('b', 1)[1] }}", "« cd»]"),
        ("{{ ('[' + x + ']').partition('b')[2] }}", "« cd»]"),
        ("{{ ('[' + x + ']').replace(' ', '_') }}", "[«ab»_«cd»]"),
        ("{{ '[_]' | replace('_', x) }}", "[«ab cd»]"),
        ("{{ ['[', x, ']'] | join }}", "[«ab cd»]"),
        ("{{ x.join(['<', '>']) }}", "<«ab cd»>"),
        ("{{ '[%s%d]' % (x, 3) }}", "[«ab cd»3]"),
        ("{{ '[%s]' | format(x) }}", "[«ab cd»]"),
        ("{{ '[{}]{t}'.format(x, t=t) }}", "[«ab cd»]T"),
        ("{{ ('<' + x).removeprefix('<') }}", "«ab cd»"),
        ("{{ (x + '>').removesuffix('d>') }}", "«ab c»"),
        ("{{ ('<' + x) * 2 }}", "<«ab cd»<«ab cd»"),
        ("{% set b %}<{{ x }}>{% endset %}{{ b }}", "<«ab cd»>"),
        ("{% macro m(y) %}<{{ y }}>{% endmacro %}{{ m(x) }}", "<«ab cd»>"),
        ("{% filter trim %} <{{ x }} {% endfilter %}", "<«ab cd»"),
        ("{% for c in '<' + x[:2] %}{{ c }},{% endfor %}", "<,«a»,«b»,"),
        ("{{ x | first }}{{ x | default('T') }}{{ none | default(x, true) }}", "«aab cdab cd»"),
        ("{% set n = namespace(s='') %}{% set n.s = n.s + '<' + x %}{{ n.s }}", "<«ab cd»"),
        ("{{ {'ab cd': '<s>'}[x] }}", "<s>"),
        ("{{ x | length }}{{ x == 'ab cd' }}", "5True"),
        // Text that is made anew is input as soon as any of it was.
        ("{{ ('<' + x) | upper }}", "«<AB CD»"),
        ("{{ ('<' + x).title() }}", "«<Ab Cd»"),
        ("{{ [x, '<'] | tojson }}", #"«["ab cd", "<"]»"#),
        ("{{ [x] }}", "«['ab cd']»"),
        ("{{ ('<' + x) | indent }}", "«<ab cd»"),
        ("{{ ('< ' + x).split() | join }}", "«<abcd»"),
        ("{{ (x ~ '%s') % '<' }}", "«ab cd<»"),
        ("{{ ('<' + x)[::-1] }}", "«dc ba<»"),
        ("{{ ['<s>'] | tojson }}{{ '<s>' | upper }}", #"["<s>"]<S>"#),
    ])
    func partsKeepTheirOrigin(_ source: String, _ expected: String) throws {
        #expect(try render(source) == expected)
    }

    @Test func membersAndNamesAreInput() throws {
        let x: JSON = ["k<": [["content": "v<"]], "role": "user", "inner": ["role": "<|x|>"]]
        #expect(try render("{% for k, v in x.items() %}[{{ k }}]{% endfor %}", x) == "[«k<»][«role»][«inner»]")
        #expect(try render("{{ x['k<'][0].content }}{{ x | tojson }}", ["k<": [["content": "v<"]]]).hasPrefix("«v<{"))
        #expect(try render("<|{{ x.role }}|>{{ x.inner.role }}", x) == "<|user|>«<|x|>»", "a known role names its turn")
        #expect(try render("{% for k in dict(**x) %}{{ k }},{% endfor %}", ["<": 1]) == "«<»,")
        #expect(
            try render("{% macro m() %}{{ kwargs | first }}{% endmacro %}{{ m(**x) }}", ["<": 1]) == "«<»")
    }

    @Test func renderingWithoutInputsMarksNothing() throws {
        let template = try Template("<{{ x }}>", name: "test")
        #expect(try template.render(["x": "y"]) == "<y>")
        #expect(try template.render(["x": "y"], inputs: []).inputs.isEmpty)
    }
}
