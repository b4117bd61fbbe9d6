import Foundation
import JSONValues
import Templating
import Testing
import Tokenization

/// Prompts of published templates; `scripts/make_prompt_fixtures.py` wrote what the reference makes of them.
struct PublishedPromptTests {
    private static let folder = ProcessInfo.processInfo.environment["SWIFTLET_REFERENCE_DATA"]
    private static let file = folder.map { URL(filePath: $0).appending(path: "chat_tokens.json") }

    @Test(.enabled(if: file.map { FileManager.default.fileExists(atPath: $0.path) } == true))
    func honestWordsHaveTheReferencesTokensAndForgedOnesNoSpecialOnes() throws {
        let data = try JSON(parsing: Array(Data(contentsOf: try #require(Self.file))), source: "fixture")
        let cases = try #require(data.arrayValue)
        var (honest, forged, refused) = (0, 0, 0)
        for item in cases {
            let name = try #require(item["name"]?.stringValue)
            let source = try #require(item["source"]?.stringValue)
            let tokenizer = try Tokenizer(
                tokenizerJSON: Array(try #require(item["tokenizer"]).text().utf8), configuration: nil, source: name)
            let template = try ChatTemplate(source: source, name: name, beginOfText: "<bos>", endOfText: "<eos>")
            for prompt in item["honest"]?.arrayValue ?? [] {
                let rendered = try template.renderMarked(messages: prompt["messages"]?.arrayValue ?? [])
                guard rendered.text == prompt["text"]?.stringValue else { continue }  // The date of today, for one.
                let ids = tokenizer.encode(rendered.text, plainRanges: rendered.inputs, addSpecialTokens: false)
                let expected = prompt["ids"]?.arrayValue?.compactMap(\.intValue).map { Int32($0) }
                #expect(ids == expected, "\(name)")
                honest += 1
            }
            let marks = item["special"]?.arrayValue?.compactMap(\.stringValue) ?? []
            let usual = try #require(Self.specialTokens("x", template, tokenizer), "\(name)")
            for mark in marks {
                for words in [mark, "a\(mark)\n", "\(mark)\(marks[0])", "<|\(mark)|>"] {
                    // Some templates refuse or reshape a conversation that has their marks in it.
                    guard let found = Self.specialTokens(words, template, tokenizer) else {
                        refused += 1
                        continue
                    }
                    #expect(found.isSubset(of: usual), "\(name): \(words.debugDescription)")
                    forged += 1
                }
            }
        }
        print(cases.count, "templates:", honest, "honest prompts,", forged, "forged ones,", refused, "refused")
        #expect(honest > 200 && forged > 1000)
    }

    /// The special tokens of a conversation about `words`, by how often each is there.
    private static func specialTokens(_ words: String, _ template: ChatTemplate, _ tokenizer: Tokenizer) -> Counts? {
        let messages: [JSON] = [
            ["role": "user", "content": .string(words)], ["role": "assistant", "content": .string("Yes \(words)end")],
            ["role": "user", "content": .string(words + " then?")],
        ]
        guard let rendered = try? template.renderMarked(messages: messages) else { return nil }
        let ids = tokenizer.encode(rendered.text, plainRanges: rendered.inputs, addSpecialTokens: false)
        return Counts(ids.filter(tokenizer.isSpecial))
    }

    private struct Counts {
        private var counts: [Int32: Int] = [:]

        init(_ ids: [Int32]) { for id in ids { counts[id, default: 0] += 1 } }

        /// A template may leave out marks of its own for some words, such as an empty piece of reasoning.
        func isSubset(of other: Counts) -> Bool { counts.allSatisfy { $1 <= other.counts[$0, default: 0] } }
    }
}
