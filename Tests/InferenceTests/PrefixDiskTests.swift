import Decoding
import Foundation
import Inference
import Testing

/// Beginnings of texts in files: what a restarted engine knows, and what it does not believe.
@Suite struct PrefixDiskTests {
    private func engine(
        _ family: String = "llama", adapter: String? = nil, _ change: (inout EngineOptions) -> Void = { _ in }
    ) throws -> Engine {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let fixtures = tests.appending(path: "ArchitecturesTests/Fixtures").path
        var loading = LanguageModel.LoadingOptions()
        loading.adapter = adapter.map { "\(fixtures)/adapters/\($0)" }
        var options = EngineOptions()
        change(&options)
        return Engine(
            model: try LanguageModel.load("\(fixtures)/families/\(family)", options: loading), options: options)
    }

    private func run(
        _ prompt: [Int32], _ engine: Engine, _ adapters: [AdapterUse]? = nil
    ) async throws -> (tokens: [Int32], cached: Int) {
        var request = GenerationRequest(prompt: prompt, sampling: .greedy, maximumTokens: 40)
        request.adapters = adapters
        request.ignoresEndOfGeneration = true
        var (tokens, cached): ([Int32], Int) = ([], 0)
        for try await event in engine.generate(request) {
            switch event {
            case .prompt: break
            case .token(let token): tokens.append(token.id)
            case .finished(let completion): cached = completion.cachedTokens
            }
        }
        return (tokens, cached)
    }

    private func withFile(_ body: (String) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "prefixes-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    private let prompt: [Int32] = (0..<70).map { ($0 * 37 + 11) % 96 }
    private let other: [Int32] = (0..<70).map { ($0 * 31 + 5) % 96 }

    @Test func whatWasSavedIsKnownAfterwards() async throws {
        try await withFile { path in
            let first = try engine()
            let answer = try await run(prompt, first)
            _ = try await run(Array(prompt.prefix(32)) + other, first)
            // Both texts have 64 tokens in whole pages and more; the first page is common to them.
            let all = try await first.savePrefixes(to: path)
            #expect(all == 96 + 128 - 32)
            let second = try engine()
            #expect(try await second.restorePrefixes(from: path) == all)
            let again = try await run(prompt, second)
            #expect(again.cached == 64 && again.tokens == answer.tokens)
            #expect(try await run(Array(prompt.prefix(32)) + other, second).cached == 96)
            // One text alone.
            #expect(try await first.savePrefixes(of: prompt, to: path) == 64)
            let third = try engine()
            #expect(try await third.restorePrefixes(from: path) == 64)
            #expect(try await run(Array(prompt.prefix(32)) + other, third).cached == 32)
            try await third.forgetPrefixes(of: prompt)
            #expect(try await run(prompt, third).cached == 0)
        }
    }

    @Test func damagedFilesAreNotBelieved() async throws {
        try await withFile { path in
            let first = try engine()
            _ = try await run(prompt, first)
            _ = try await first.savePrefixes(of: prompt, to: path)
            let whole = try Data(contentsOf: URL(filePath: path))
            let second = try engine()
            func refuses(_ data: Data) async throws {
                try data.write(to: URL(filePath: path))
                await #expect(throws: (any Error).self) { try await second.restorePrefixes(from: path) }
            }
            for place in [0, 20, 30, 34, 40, 50, 100, 180, whole.count / 2, whole.count - 20, whole.count - 1] {
                var damaged = whole
                damaged[place] ^= 0x10
                try await refuses(damaged)
            }
            for count in [0, 7, 40, 48, whole.count - 1, whole.count - 8] { try await refuses(whole.prefix(count)) }
            try await refuses(whole + [0])
            #expect(try await run(prompt, second).cached == 0)
            try whole.write(to: URL(filePath: path))
            #expect(try await second.restorePrefixes(from: path) == 64)
        }
    }

    @Test func otherModelsFilesAreRefused() async throws {
        try await withFile { path in
            let first = try engine()
            _ = try await run(prompt, first)
            _ = try await first.savePrefixes(to: path)
            await #expect(throws: (any Error).self) { try await engine("llama-yarn").restorePrefixes(from: path) }
            // An adapter in the weights makes another model of it.
            for adapter in ["llama-lora", "llama-rslora"] {
                await #expect(throws: (any Error).self) {
                    try await engine(adapter: adapter).restorePrefixes(from: path)
                }
            }
            await #expect(throws: EngineError.keepsNoPrefixes) { try await engine("mamba").restorePrefixes(from: path) }
            await #expect(throws: EngineError.keepsNoPrefixes) { try await engine("gemma2").savePrefixes(to: path) }
        }
    }

    /// Texts of clients that are kept apart go into no file that another one's requests would profit from.
    @Test func clientsStayApartOnTheDisk() async throws {
        try await withFile { path in
            let apart = try engine { $0.isolatesClients = true }
            _ = try await run(prompt, apart)
            await #expect(throws: EngineError.keepsClientsApart) { try await apart.savePrefixes(to: path) }
            await #expect(throws: EngineError.keepsClientsApart) { try await apart.restorePrefixes(from: path) }
            await #expect(throws: EngineError.keepsClientsApart) { try await apart.forgetPrefixes(of: prompt) }
        }
    }

    /// Where frequencies depend on a text's length a file would hold nothing: that is said.
    @Test func turnedPagesAreNotSaved() async throws {
        try await withFile { path in
            for family in ["phi3-longrope", "llama-dynamic"] {
                let engine = try engine(family)
                _ = try await run(Array(prompt.prefix(20)), engine)
                await #expect(throws: EngineError.keepsNoPrefixes) { try await engine.savePrefixes(to: path) }
            }
        }
    }

    /// A text is forgotten as it was computed with an adapter, too.
    @Test func textsWithAdaptersAreForgotten() async throws {
        let engine = try engine()
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let adapter = tests.appending(path: "ArchitecturesTests/Fixtures/adapters/llama-lora").path
        #expect(try engine.loadAdapter(adapter, as: "a"))
        for adapters in [nil, [AdapterUse("a")]] as [[AdapterUse]?] {
            _ = try await run(prompt, engine, adapters)
            #expect(try await run(prompt, engine, adapters).cached == 64)
        }
        try await engine.forgetPrefixes(of: prompt)
        for adapters in [nil, [AdapterUse("a")]] as [[AdapterUse]?] {
            #expect(try await run(prompt, engine, adapters).cached == 0)
        }
    }

    /// What there is no room for is not counted.
    @Test func noMoreIsRestoredThanThereIsRoomFor() async throws {
        try await withFile { path in
            let first = try engine()
            _ = try await run(prompt, first)
            #expect(try await first.savePrefixes(to: path) == 96)
            let small = try engine { $0.prefixPages = 1 }
            #expect(try await small.restorePrefixes(from: path) == 32)
            #expect(try await run(prompt, small).cached == 32)
            let none = try engine { $0.prefixPages = 0 }
            #expect(try await none.restorePrefixes(from: path) == 0)
        }
    }
}
