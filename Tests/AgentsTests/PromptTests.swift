import JSONValues
import Testing

@testable import Agents

struct PromptTests {
    @Test func holesAreFilledAndChecked() throws {
        let prompt = try PromptTemplate("Hi {name}, {{not a hole}}, {age:integer}")
        #expect(prompt.holes == ["name", "age"])
        #expect(try prompt.render(["name": "Anna", "age": 7]) == "Hi Anna, {not a hole}, 7")
        #expect(prompt.filled(["name": "Anna"]).holes == ["age"])
        #expect(throws: PromptError.wrongKind("age", expected: .integer, found: "a string")) {
            try prompt.render(["name": "Anna", "age": "seven"])
        }
        #expect(throws: PromptError.missing("age", given: ["name"])) { try prompt.render(["name": "Anna"]) }
        #expect(throws: PromptError.self) { try PromptTemplate("{ not closed") }
        // What stands in a value is text, not a hole.
        #expect(try PromptTemplate("{a}").render(["a": "{b}"]) == "{b}")
        struct Values: Encodable { var (name, age) = ("Bo", 3) }
        #expect(try PromptTemplate("{name} {age}").render(properties: Values()) == "Bo 3")
        #expect(PromptTemplate(lenient: "{\"a\": {b}}").holes == ["b"])
    }

    private struct Letters: TextVectors {
        func vectors(of texts: [String]) async throws -> [[Float]] {
            texts.map { text in "abcdefghijklmnopqrstuvwxyz".map { letter in Float(text.count { $0 == letter }) } }
        }
    }

    @Test func examplesAreChosen() async throws {
        let words: [[String: JSON]] = [["w": "aaaa"], ["w": "aaab"], ["w": "zzzz"]]
        func render(_ selector: FewShotPrompt.Selector) async throws -> String {
            try await FewShotPrompt(
                examples: words, example: PromptTemplate("{w}"), suffix: PromptTemplate("{in}"), separator: " ",
                selector: selector
            ).render(["in": "aaaa"])
        }
        #expect(try await render(.all) == "aaaa aaab zzzz aaaa")
        #expect(try await render(.length(words: 3)) == "aaaa aaab aaaa")
        // The nearest stands last.
        #expect(try await render(.similarity(count: 2, Letters())) == "aaab aaaa aaaa")
        #expect(try await render(.diversity(count: 2, lambda: 0.3, Letters())) == "zzzz aaaa aaaa")
    }

    @Test func conversationsHaveHistory() throws {
        let template = ChatPromptTemplate(system: try PromptTemplate("Be {how}."), user: try PromptTemplate("{q}"))
        let messages = try template.render(["how": "kind", "q": "Hi"], history: [.user("a"), .assistant("b")])
        #expect(messages == [.system("Be kind."), .user("a"), .assistant("b"), .user("Hi")])
    }
}
