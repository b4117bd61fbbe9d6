import JSONValues
import Testing

@testable import Templating

/// Content as a string and as typed parts, for templates that read the one, the other or both.
struct ContentFormTests {
    private static let parts = "{% for p in m.content %}{% if p.type == 'text' %}{{ p.text }}{% endif %}{% endfor %}"
    private static let conversation: [JSON] = [
        ["role": "system", "content": "Be kind."],
        ["role": "user", "content": [["type": "text", "text": "2+2?"], ["type": "text", "text": "And 3?"]]],
        ["role": "assistant", "content": "4"],
    ]

    private func render(_ content: String, _ messages: [JSON] = conversation) throws -> String {
        let source = "{% for m in messages %}[\(content)]{% endfor %}"
        return try ChatTemplate(source: source, name: "test", beginOfText: nil, endOfText: nil).render(
            messages: messages)
    }

    @Test func stringsReachTemplatesThatReadParts() throws {
        #expect(try render(Self.parts) == "[Be kind.][2+2?And 3?][4]")
    }

    @Test func partsReachTemplatesThatReadStrings() throws {
        #expect(try render("{{ m.content }}") == "[Be kind.][2+2?\nAnd 3?][4]")
        #expect(try render("{{ m.content | trim }}") == "[Be kind.][2+2?\nAnd 3?][4]")
        #expect(try render("{{ m.content + '' }}") == "[Be kind.][2+2?\nAnd 3?][4]")
    }

    @Test func templatesThatReadBothGetWhatWasSaid() throws {
        let either = "{% if m.content is string %}s:{{ m.content }}{% else %}\(Self.parts){% endif %}"
        #expect(try render(either) == "[s:Be kind.][2+2?And 3?][s:4]")
    }

    /// Llama 3.2's vision models take the system prompt as a string and the user's words in either form.
    @Test func rolesAreTriedOneByOne() throws {
        let mixed = "{% if m.role == 'system' %}{{ m.content | trim }}{% else %}\(Self.parts){% endif %}"
        let system: JSON = [
            "role": "system", "content": [["type": "text", "text": "Be"], ["type": "text", "text": "kind"]],
        ]
        #expect(try render(mixed, [system] + Self.conversation[1...]) == "[Be\nkind][2+2?And 3?][4]")
    }

    @Test func whatIsNoTextStaysAsItIs() throws {
        let image: JSON = ["type": "image_url", "image_url": ["url": "data:"]]
        let message: JSON = ["role": "user", "content": [image, ["type": "text", "text": "?"]]]
        #expect(ContentForm.text.fitting(message) == message)
        #expect(ContentForm.parts.fitting(["role": "tool", "content": nil]) == ["role": "tool", "content": nil])
    }

    @Test func anEndlessTrialHoldsNothingUp() throws {
        let source =
            "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}{{ messages[0].content }}"
        let template = try ChatTemplate(source: source, name: "test", beginOfText: nil, endOfText: nil)
        #expect(throws: TemplateError.self) { try template.render(messages: [["role": "user", "content": "Hi"]]) }
    }
}
