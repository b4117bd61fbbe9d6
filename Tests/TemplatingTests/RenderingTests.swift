import Foundation
import JSONValues
import Testing

@testable import Templating

/// Compares renderings of small templates with those of Jinja; `scripts/make_template_fixtures.py` wrote them.
struct RenderingTests {
    @Test func everyFeatureRendersAsInJinja() throws {
        let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
        let data = try Array(Data(contentsOf: fixtures.appending(path: "renders.json")))
        let entries = try #require(try JSON(parsing: data, source: "fixture").arrayValue)
        let extra = try #require(entries.first?["variables"]?.objectValue)
        for entry in entries.dropFirst() {
            let source = try #require(entry["source"]?.stringValue)
            let found = Result { () throws(TemplateError) in
                var template = try ChatTemplate(source: source, name: "t", beginOfText: nil, endOfText: nil)
                template.clock = .fixed
                return try template.render(messages: [], addGenerationPrompt: false, extra: extra)
            }
            switch found {
            case .success(let text):
                let expected = entry["text"]?.stringValue
                #expect(
                    expected.map { $0.utf8.elementsEqual(text.utf8) } == true,
                    "\(source)\n  gives  \(text.debugDescription)\n  not    \(expected?.debugDescription ?? "\(entry)")"
                )
            case .failure(let error) where error.kind == .raised:
                #expect(error.reason == entry["raised"]?.stringValue, "\(source)")
            case .failure(let error):
                #expect(entry["error"] != nil, "\(source)\n  gives  \(error)\n  not    \(entry)")
                #expect(error.line > 0 && error.template == "t" && !error.reason.isEmpty, "\(source)")
            }
        }
        #expect(entries.count > 180)
    }
}
