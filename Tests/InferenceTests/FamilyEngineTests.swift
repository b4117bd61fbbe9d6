import Decoding
import Foundation
import Inference
import JSONValues
import Testing

/// Families that let go of what is out of sight, keep states instead of keys, or turn keys by the text's length: the
/// engine's cache must not change what they say.
@Suite struct FamilyEngineTests {
    static let cases = [
        "gemma2", "jamba", "mamba", "mistral", "mixtral", "phi3-longrope", "qwen", "rwkv-4", "rwkv-5",
    ]

    private static func folder(_ name: String) -> URL {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return tests.appending(path: "ArchitecturesTests/Fixtures/families/\(name)")
    }

    private func engine(_ name: String) throws -> Engine {
        Engine(model: try LanguageModel.load(Self.folder(name).path))
    }

    private struct Outcome {
        var tokens: [Int32] = []
        var cachedTokens = 0
    }

    private func run(_ prompt: [Int32], _ engine: Engine, tokens: Int?) async throws -> Outcome {
        var request = GenerationRequest(prompt: prompt, sampling: .greedy, maximumTokens: tokens)
        request.ignoresEndOfGeneration = true
        var outcome = Outcome()
        for try await event in engine.generate(request) {
            switch event {
            case .prompt: break
            case .token(let token): outcome.tokens.append(token.id)
            case .finished(let completion): outcome.cachedTokens = completion.cachedTokens
            }
        }
        return outcome
    }

    private let prompt: [Int32] = (0..<70).map { ($0 * 37 + 11) % 96 }

    @Test(arguments: cases) func repeatedAndContinuedTextsAreTakenUp(name: String) async throws {
        let engine = try engine(name)
        #expect(!engine.model.hasTokenizer)
        let first = try await run(prompt, engine, tokens: 40)
        let again = try await run(prompt, engine, tokens: 40)
        #expect(first.cachedTokens == 0 && again.cachedTokens == 64)
        #expect(again.tokens == first.tokens)
        let longer = prompt + first.tokens + [1, 2, 3]
        let continued = try await run(longer, engine, tokens: 12)
        let fresh = try await run(longer, self.engine(name), tokens: 12)
        #expect(continued.tokens == fresh.tokens)
        // Where positions depend on the length, a longer text is another text.
        if engine.model.spec.canonicalLength(1) == nil { #expect(continued.cachedTokens >= 64) }
    }

    /// A text without a limit grows beyond the length that its positions were made for, and is then computed anew: what
    /// follows is what the text up to there leads to when it is given as a prompt.
    @Test func growingTextsAreComputedAnew() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "swiftlet-\(UUID())")
        try FileManager.default.copyItem(at: Self.folder("llama-dynamic"), to: folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        let config = folder.appending(path: "config.json")
        var json = try JSON(parsing: Array(Data(contentsOf: config)), source: "config.json").objectValue ?? [:]
        var scaling = try #require(json["rope_scaling"]?.objectValue)
        scaling["factor"] = 20
        json["rope_scaling"] = .object(scaling)
        try Data(JSON.object(json).text().utf8).write(to: config)

        func engine() throws -> Engine { Engine(model: try LanguageModel.load(folder.path)) }
        let grown = try await run([5, 6, 7, 8], engine(), tokens: nil)
        // Four tokens and 256 more; the next one makes the text too long.
        let text = [5, 6, 7, 8] + grown.tokens.prefix(257)
        let fresh = try await run(text, engine(), tokens: nil)
        #expect(fresh.tokens.count > 200)
        #expect(fresh.tokens == Array(grown.tokens.dropFirst(257)))
    }

    @Test func textsAreTokenNumbersWithoutATokenizer() throws {
        let tokenizer = try engine("llama").model.tokenizer
        #expect(tokenizer.encode("12 7  95") == [12, 7, 95])
        #expect(tokenizer.decode([12, 7, 95]) == "12 7 95")
    }
}
