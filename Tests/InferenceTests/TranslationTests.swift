import Foundation
import JSONValues
import Testing

@testable import Inference

/// Whole tiny translators against the reference: what their tokenizers make of a text in a language, and what they answer.
@Suite struct TranslationTests {
    private static let folder = Bundle.module.bundleURL.appending(path: "Fixtures/translation")

    @Test(arguments: ["marian", "m2m_100", "t5"]) func answers(name: String) async throws {
        let folder = Self.folder.appending(path: name)
        let model = try LanguageModel.load(folder.path)
        let engine = Engine(model: model)
        let expected = try JSON(parsing: Array(Data(contentsOf: folder.appending(path: "expected.json"))), source: name)
        for item in try #require(expected["cases"]?.arrayValue) {
            let text = try #require(item["text"]?.stringValue)
            var request = try model.translation(
                of: text, from: item["source"]?.stringValue, to: item["target"]?.stringValue)
            func ids(_ key: String) -> [Int32] {
                item[key]?.arrayValue?.compactMap { $0.intValue.map(Int32.init) } ?? []
            }
            #expect(request.prompt == ids("ids"), "\(text)")
            let start = try #require(request.answerStart ?? model.answerStart)
            #expect(ids("answer").starts(with: start), "\(text)")
            request.maximumTokens = ids("answer").count - start.count
            request.ignoresEndOfGeneration = true
            var answer = start
            for try await event in engine.generate(request) {
                if case .token(let token) = event { answer.append(token.id) }
            }
            #expect(answer == ids("answer"), "\(text)")
            // Of several tokens to begin with, the reference counts all but one in an answer's length.
            guard start.count == 1 else { continue }
            let best = try await engine.beamSearch(request, BeamSearchParameters(beams: 3, maximumTokens: 8))
            #expect(try start + #require(best.first).tokens == ids("best"), "\(text)")
        }
    }

    private func translator(_ name: String) throws -> Engine {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return Engine(
            model: try LanguageModel.load(tests.appending(path: "ArchitecturesTests/Fixtures/translators/\(name)").path)
        )
    }

    /// Of a model with a table of positions an answer ends where the table does, its beginning included, whatever the source.
    @Test func answersEndWithTheTableOfPositions() async throws {
        let engine = try translator("bart")
        let source: [Int32] = (0..<40).map { 5 + $0 }
        func answer(_ start: [Int32]?, _ limit: Int?) async throws -> (count: Int, reason: Completion.FinishReason?) {
            var request = GenerationRequest(prompt: source, sampling: .greedy, maximumTokens: limit)
            (request.answerStart, request.ignoresEndOfGeneration) = (start, true)
            var (count, reason): (Int, Completion.FinishReason?) = (0, nil)
            for try await event in engine.generate(request) {
                if case .token = event { count += 1 }
                if case .finished(let completion) = event { reason = completion.finishReason }
            }
            return (count, reason)
        }
        for limit in [nil, 500] {
            #expect(try await answer(nil, limit) == (63, .length))
            #expect(try await answer([2, 7, 8], limit) == (61, .length))
        }
        #expect(try await answer(nil, 5) == (5, .length))
        let long = [Int32](repeating: 7, count: 64)
        await #expect(throws: EngineError.promptTooLong(tokens: 64, contextLength: 64)) {
            _ = try await answer(long, 1)
        }
        await #expect(throws: EngineError.emptyAnswerStart) { _ = try await answer([], 1) }
        // A search by beams ends there, too.
        var request = GenerationRequest(prompt: source)
        request.answerStart = Array(long.prefix(60))
        let found = try await engine.beamSearch(
            request, BeamSearchParameters(beams: 2, maximumTokens: 500), endTokens: [])
        #expect(found.map(\.tokens.count) == [4, 4])
    }

    /// An encoder reads the source whole: no keys of it could count less without the decoder's knowing.
    @Test func sourcesCannotBeSteered() async throws {
        let engine = try translator("t5")
        var request = GenerationRequest(prompt: [5, 6, 7, 8], maximumTokens: 1)
        request.attention = [AttentionControl(tokens: 0..<2, factor: 0.1)]
        await #expect(throws: EngineError.self) { for try await _ in engine.generate(request) {} }
    }

    @Test func languagesThatAreNotKnown() throws {
        let many = try LanguageModel.load(Self.folder.appending(path: "m2m_100").path)
        for (source, target) in [("en", nil), (nil, "de"), ("en", "xx"), ("xx", "de")] as [(String?, String?)] {
            #expect(throws: TranslationError.self) { try many.translation(of: "a", from: source, to: target) }
        }
        let marked = try LanguageModel.load(Self.folder.appending(path: "marian").path)
        #expect(throws: TranslationError.self) { try marked.translation(of: "a", from: "en", to: "ja") }
        let tiny = Bundle.module.bundleURL.appending(path: "Fixtures/tiny.gguf").path
        let continuing = try LanguageModel.load(tiny)
        #expect(throws: TranslationError.self) { try continuing.translation(of: "a", from: "en", to: "de") }
    }

    @Test func codesOfTheSameLanguage() {
        #expect(LanguageCodes.areSame("de", "deu_Latn") && LanguageCodes.areSame("ger", "de_DE"))
        #expect(LanguageCodes.areSame("zho_Hans", "zh") && !LanguageCodes.areSame("de", "en"))
        #expect(LanguageCodes.areSame("quy_Latn", "quy") && !LanguageCodes.areSame("quy", "ayr"))
    }
}
