import Constraints
import Decoding
import Foundation
@testable import Inference
import JSONValues
import Testing
import Tokenization

@Suite struct HealingTests {
    private static let modelPath = ProcessInfo.processInfo.environment["SWIFTLET_TEST_MODEL"]
    private static let fixture = Bundle.module.bundleURL.appending(path: "Fixtures/healing.json")

    /// Fifty prompts, some of them with a pattern for the answer, against guidance 0.3.1: the tokens that stay, and the text of
    /// five more that a hash of the text chooses (scripts/make_healing_fixture.py).
    @Test(.enabled(if: HealingTests.modelPath != nil)) func promptsAreHealedAsInGuidance() throws {
        let tokenizer = try Tokenizer(modelAt: Self.modelPath ?? "")
        let trie = TokenTrie(tokenizer)
        let fixture = try JSON(parsing: Array(Data(contentsOf: Self.fixture)), source: "healing.json")
        let cases = fixture["cases"]?.arrayValue ?? []
        let count = try #require(fixture["tokens"]?.intValue)
        let isLikely = (0..<Int32(tokenizer.vocabularySize)).map { id in
            !trie.bytes(of: id).isEmpty && String(validating: trie.bytes(of: id), as: UTF8.self) != nil
        }
        #expect(cases.count == 50)
        for entry in cases {
            let prompt = entry["prompt"]?.stringValue ?? ""
            let tokens = tokenizer.encode(prompt, addSpecialTokens: false, parseSpecialTokens: false)
            var request = GenerationRequest(
                prompt: [Int32(fixture["bos"]?.intValue ?? 0)] + tokens, sampling: .greedy, maximumTokens: count)
            request.healsPrompt = true
            let pattern = entry["pattern"]?.stringValue
            request.constraint = try pattern.map { try Constraint(.regex($0), trie) }
            let healed = try request.healed(trie, tokenizer)
            #expect(healed.prompt.map(Int.init) == entry["kept"]?.arrayValue?.compactMap(\.intValue), "\(prompt)")
            let text = try answer(to: healed, tokens: count, tokenizer, isLikely)
            let expected = entry["answer"]?.stringValue ?? ""
            // guidance ends an answer with a pattern where the likeliest of all tokens does not fit it.
            #expect(pattern == nil ? text == expected : text.hasPrefix(expected), "\(prompt): \(text), not \(expected)")
        }
    }

    private func answer(
        to request: GenerationRequest, tokens: Int, _ tokenizer: Tokenizer, _ isLikely: [Bool]
    ) throws -> String {
        var state = DecodingState(request, tokenizer: tokenizer)
        var history = request.prompt
        var text = ""
        var missing = tokens
        while missing > 0 {
            var hash: UInt64 = 7
            for token in history { hash = (hash ^ UInt64(UInt32(token))) &* 0x9E37_79B9_7F4A_7C15 ^ hash >> 29 }
            var logits = (0..<UInt64(isLikely.count)).map { id in
                isLikely[Int(id)] ? Float(((hash ^ id) &* 0xD1B5_4A32_D192_ED03) >> 40) : -1
            }
            let choice = try logits.withUnsafeMutableBufferPointer { try state.next($0, history: history) }
            history.append(choice.id)
            text += choice.text
            // What says the prompt's text again is not counted.
            if !choice.text.isEmpty { missing -= 1 }
            if choice.isEnd { break }
        }
        return text + state.finish().text
    }

    /// What is said again is no part of the text, and the longest token that the text begins may come.
    @Test func whatIsSaidAgainIsNoText() throws {
        let words = ["<s>", "the", " ", "end", " end", " ending", "ing", "."]
        let trie = TokenTrie(tokens: [[]] + words.dropFirst().map { Array($0.utf8) }, endTokens: [])
        var mask = TokenMask(count: 0)
        func healing(_ tokens: [Int32]) -> (count: Int, bytes: [UInt8]) { trie.healing(of: tokens) { _ in true } }
        #expect(healing([0, 1, 2]) == (1, Array(" ".utf8)))
        #expect(healing([0, 1, 4]) == (1, Array(" end".utf8)))
        #expect(healing([0, 1, 2, 3]) == (2, Array(" end".utf8)))
        // Nothing is longer, or nothing may be taken back.
        #expect(healing([0, 1, 7]).count == 0 && healing([4]).count == 0 && healing([1, 0]).count == 0)
        // The suffix begins within a token, which is taken back whole.
        let inner = TokenTrie(tokens: [[], Array("xab".utf8), Array("abc".utf8)], endTokens: [])
        #expect(inner.healing(of: [0, 1]) { _ in true } == (1, Array("xab".utf8)))
        trie.mask(into: &mask, beginning: Array(" end".utf8))
        #expect(mask.allowed == [2, 4, 5])
    }

    /// A text in turns is one text: holes are filled as their forms say, and what they held is kept by name.
    @Test func programsFillTheirHoles() async throws {
        let path = Bundle.module.bundleURL.appending(path: "Fixtures/tiny.gguf").path
        let engine = Engine(model: try LanguageModel.load(path))
        var program = TextProgram(engine, text: "the th")
        let choice = try await program.select("kind", from: ["ing", "e other"])
        #expect(["ing", "e other"].contains(choice) && program["kind"] == choice)
        for _ in 0..<2 {
            program.append(" and ")
            try await program.generate("digits", matching: .regex("[0-9]{3,5}x"), maximumTokens: 2)
        }
        let digits = try #require(program.values["digits"])
        #expect(digits.count == 2 && digits.allSatisfy { $0.wholeMatch(of: /[0-9]{3,5}x/) != nil })
        #expect(program.text == "the th" + choice + digits.map { " and " + $0 }.joined())
        // Free text is healed, too: it goes on behind what was given.
        var free = TextProgram(engine, text: "in the e")
        let rest = try await free.generate(maximumTokens: 6)
        #expect(free.text == "in the e" + rest)
    }
}
