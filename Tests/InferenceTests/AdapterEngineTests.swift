import Decoding
import Foundation
import Inference
import Testing

/// Adapters that are chosen text by text: the same tokens as with the adapter in the model, whatever else is in the batch.
@Suite struct AdapterEngineTests {
    private static func fixture(_ path: String) -> String {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return tests.appending(path: "ArchitecturesTests/Fixtures/\(path)").path
    }

    private func engine(adapter: String? = nil, _ change: (inout EngineOptions) -> Void = { _ in }) throws -> Engine {
        var loading = LanguageModel.LoadingOptions()
        loading.adapter = adapter.map { Self.fixture("adapters/\($0)") }
        // Products in one way, however many rows there are.
        loading.isDeterministic = true
        var options = EngineOptions()
        change(&options)
        return Engine(model: try LanguageModel.load(Self.fixture("families/llama"), options: loading), options: options)
    }

    private func run(
        _ prompt: [Int32], _ engine: Engine, _ adapters: [AdapterUse]? = nil, client: String? = nil
    ) async throws -> (tokens: [Int32], cached: Int) {
        var request = GenerationRequest(prompt: prompt, sampling: .greedy, maximumTokens: 24)
        request.ignoresEndOfGeneration = true
        request.adapters = adapters
        request.client = client
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

    private let prompt: [Int32] = (0..<70).map { ($0 * 37 + 11) % 96 }

    @Test func severalShareABatchAndNothingElse() async throws {
        let engine = try engine()
        for name in ["llama-lora", "llama-rslora"] {
            #expect(try engine.loadAdapter(Self.fixture("adapters/\(name)"), as: name))
        }
        #expect(try !engine.loadAdapter(Self.fixture("adapters/llama-lora"), as: "llama-lora"))
        var expected: [String?: [Int32]] = [nil: try await run(prompt, self.engine()).tokens]
        for name in ["llama-lora", "llama-rslora"] {
            expected[name] = try await run(prompt, self.engine(adapter: name)).tokens
        }
        #expect(Set(expected.values).count == 3)
        for _ in 0..<2 {
            try await withThrowingTaskGroup(of: (String?, [Int32]).self) { group in
                for name in [nil, "llama-lora", "llama-rslora", "llama-lora", nil] {
                    group.addTask {
                        (name, try await self.run(prompt, engine, name.map { [AdapterUse($0)] } ?? []).tokens)
                    }
                }
                for try await (name, tokens) in group { #expect(tokens == expected[name], "\(name ?? "base")") }
            }
        }
        // A scale of nothing is the model itself; half of it is something else, and begins with no page of the whole.
        #expect(try await run(prompt, engine, [AdapterUse("llama-lora", scale: 0)]).tokens == expected[nil])
        let half = try await run(prompt, engine, [AdapterUse("llama-lora", scale: 0.5)])
        #expect(half.cached == 0 && half.tokens != expected["llama-lora"])
        #expect(try await run(prompt, engine, [AdapterUse("llama-lora", scale: 0.5)]).cached == 64)
    }

    @Test func adaptersComeAndGo() async throws {
        let engine = try engine()
        let base = try await run(prompt, engine).tokens
        await #expect(throws: EngineError.self) { try await run(prompt, engine, [AdapterUse("a")]) }
        #expect(try engine.loadAdapter(Self.fixture("adapters/llama-lora"), as: "a"))
        let first = try await run(prompt, engine, [AdapterUse("a")]).tokens
        #expect(engine.setDefaultScale(1, ofAdapter: "a"))
        #expect(try await run(prompt, engine).tokens == first)
        #expect(try await run(prompt, engine, []).tokens == base)
        #expect(engine.unloadAdapter("a") && !engine.unloadAdapter("a") && engine.adapters.isEmpty)
        // Another one of that name takes up nothing of the first.
        #expect(try engine.loadAdapter(Self.fixture("adapters/llama-rslora"), as: "a"))
        let second = try await run(prompt, engine, [AdapterUse("a")])
        #expect(second.cached == 0 && second.tokens != first)
        #expect(try await run(prompt, engine).tokens == base)
    }

    @Test(arguments: ["llama.saved", "llama.biased", "llama.embedding", "gpt2.fused"])
    func whatCannotBeChosenIsRefused(name: String) throws {
        let engine = try engine()
        #expect(throws: (any Error).self) { try engine.loadAdapter(Self.fixture("adapters/\(name)"), as: "a") }
        #expect(engine.adapters.isEmpty)
    }

    @Test func clientsCanBeKeptApart() async throws {
        let engine = try engine { $0.isolatesClients = true }
        _ = try await run(prompt, engine, client: "a")
        #expect(try await run(prompt, engine, client: "b").cached == 0)
        #expect(try await run(prompt, engine, client: "a").cached == 64)
        let shared = try self.engine()
        _ = try await run(prompt, shared, client: "a")
        #expect(try await run(prompt, shared, client: "b").cached == 64)
    }
}
