import Foundation
import Testing

@testable import Tokenization

@Suite("Split patterns against the reference")
struct SplittingReferenceTests {
    struct Fixture: Decodable {
        struct Case: Decodable {
            var name: String?
            var regex: String?
            var pieces: [[String]]
        }
        var texts: [String]
        var cases: [Case]
    }

    @Test("Pieces are those that the reference cuts")
    func pieces() throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/splitting.json")
        let fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: url))
        #expect(fixture.cases.count > 12)
        for item in fixture.cases {
            let pattern = try item.regex.map { try SplitPattern(regex: $0) } ?? .named(item.name ?? "")
            let split = try #require(pattern, "\(item.name ?? "")")
            for (text, expected) in zip(fixture.texts, item.pieces) {
                let found = strings(split, text)
                #expect(
                    found.map { Array($0.utf8) } == expected.map { Array($0.utf8) },
                    "\(item.name ?? "cl100k"): \(text.debugDescription) gave \(found), not \(expected)")
            }
        }
    }
}
