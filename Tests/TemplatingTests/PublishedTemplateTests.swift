import Foundation
import JSONValues
import Testing

@testable import Templating

/// Compares renderings of published chat templates with those of Jinja; `scripts/make_chat_fixtures.py` wrote them.
struct PublishedTemplateTests {
    private static let folder = ProcessInfo.processInfo.environment["SWIFTLET_REFERENCE_DATA"]

    @Test(.enabled(if: folder != nil))
    func publishedTemplatesRenderAsInJinja() throws {
        let file = URL(filePath: try #require(Self.folder)).appending(path: "chat_renders.json")
        let data = try JSON(parsing: Array(Data(contentsOf: file)), source: "fixture")
        let conversations = try #require(data["conversations"]?.arrayValue)
        var compared = 0
        for entry in try #require(data["templates"]?.arrayValue) {
            let name = try #require(entry["name"]?.stringValue)
            let source = try #require(entry["source"]?.stringValue)
            let results = try #require(entry["results"]?.arrayValue)
            for (index, (conversation, expected)) in zip(conversations, results).enumerated() {
                let found = Self.render(source, name: name, conversation)
                #expect(
                    Self.isSame(found, expected), "\(name), conversation \(index): \(Self.difference(found, expected))")
                compared += 1
            }
        }
        print("compared", compared, "renderings")
        #expect(compared > 0)
    }

    private static func render(_ source: String, name: String, _ conversation: JSON) -> Result<String, TemplateError> {
        Result { () throws(TemplateError) in
            var extra = conversation["extra"]?.objectValue ?? [:]
            let begin = extra.removeValue(forKey: "bos_token")?.stringValue ?? "<bos>"
            var template = try ChatTemplate(source: source, name: name, beginOfText: begin, endOfText: "<eos>")
            template.clock = .fixed
            return try template.render(
                messages: conversation["messages"]?.arrayValue ?? [], tools: conversation["tools"]?.arrayValue,
                addGenerationPrompt: conversation["add_generation_prompt"]?.boolValue ?? false,
                documents: conversation["documents"]?.arrayValue, extra: extra)
        }
    }

    /// Messages of errors other than those that templates raise are our own.
    private static func isSame(_ found: Result<String, TemplateError>, _ expected: JSON) -> Bool {
        switch found {
        case .success(let text): text.utf8.elementsEqual(expected["text"]?.stringValue?.utf8 ?? "\u{0}".utf8)
        case .failure(let error) where error.kind == .raised: error.reason == expected["raised"]?.stringValue
        case .failure: expected["error"] != nil
        }
    }

    private static func difference(_ found: Result<String, TemplateError>, _ expected: JSON) -> String {
        guard case .success(let text) = found, let wanted = expected["text"]?.stringValue else {
            return "\(found) is not \(expected.text().prefix(300))"
        }
        let same = zip(text.unicodeScalars, wanted.unicodeScalars).prefix { $0 == $1 }.count
        func excerpt(_ text: String) -> String {
            String(String.UnicodeScalarView(text.unicodeScalars.dropFirst(max(0, same - 30)).prefix(80)))
        }
        return "at \(same): \(excerpt(text).debugDescription) is not \(excerpt(wanted).debugDescription)"
    }
}
