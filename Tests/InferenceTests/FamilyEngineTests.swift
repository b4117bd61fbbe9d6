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
        // Pages enter the cache as they fill: also those of a text that is then computed anew for a longer length.
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
        #expect(grown.tokens.count > 500)
        // The positions are made for 30 tokens, then for 286 and 542: the next one makes the text too long.
        for length in [31, 287, 543] {
            let text = [5, 6, 7, 8] + grown.tokens.prefix(length - 4)
            let fresh = try await run(text, engine(), tokens: nil)
            #expect(fresh.tokens == Array(grown.tokens.dropFirst(length - 4)))
        }
    }

    /// What is generated follows from the text, not from how much was asked for; and as long as a text is short, its
    /// positions are those of a short one.
    @Test(arguments: ["llama-dynamic", "phi3-longrope", "qwen"])
    func tokensDoNotDependOnTheLimit(name: String) async throws {
        let prompt = Array(prompt.prefix(20))
        let all = try await run(prompt, engine(name), tokens: nil)
        #expect(all.tokens.count >= 40)
        for limit in [1, 3, 9, 30, 60] {
            let some = try await run(prompt, engine(name), tokens: limit)
            #expect(some.tokens == Array(all.tokens.prefix(limit)))
        }
        let spec = try engine(name).model.spec
        #expect(spec.reservedLength(20) == spec.canonicalLength(20))
    }

    @Test func textsAreTokenNumbersWithoutATokenizer() throws {
        let tokenizer = try engine("llama").model.tokenizer
        #expect(tokenizer.encode("12 7  95") == [12, 7, 95])
        #expect(tokenizer.decode([12, 7, 95]) == "12 7 95")
    }
}
