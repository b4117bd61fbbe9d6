import Checkpoints
import Decoding
import Foundation
import JSONValues
import Testing

@testable import Inference

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

    /// Writes an adapter of rank 1 that changes one matrix.
    private func withAdapter(
        of name: String, rows: Int, columns: Int, _ body: (String) async throws -> Void
    ) async throws {
        let folder = URL(filePath: NSTemporaryDirectory()).appending(path: "adapter-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let configuration: JSON = [
            "peft_type": "LORA", "r": 1, "lora_alpha": 1, "bias": "none",
            "target_modules": [.string(name.split(separator: ".").last.map(String.init) ?? "")],
        ]
        try Data(configuration.text().utf8).write(to: folder.appending(path: "adapter_config.json"))
        func tensor(_ matrix: String, _ shape: [Int]) -> TensorSource {
            let values = [Float](repeating: 0.5, count: shape[0] * shape[1])
            return TensorSource(
                name: "base_model.model.\(name).lora_\(matrix).weight", dataType: .f32, shape: shape,
                bytes: values.withUnsafeBytes(Array.init))
        }
        try SafetensorsWriter.write(
            [tensor("A", [1, columns]), tensor("B", [rows, 1])],
            to: folder.appending(path: "adapter_model.safetensors").path)
        try await body(folder.path)
    }

    /// Where not every row of a product is a row of the batch, as behind a source text or before logits, an adapter that is
    /// chosen for some rows would change others, or what is no row at all.
    @Test func rowsThatAreNotTheBatchsAreNotChanged() async throws {
        for (family, name, rows, columns) in [
            ("translators/bart", "model.decoder.layers.0.self_attn.q_proj", 32, 32),
            ("families/opt-350m-like", "model.decoder.project_out", 24, 32),
        ] {
            try await withAdapter(of: name, rows: rows, columns: columns) { path in
                // It is one of this model.
                var loading = LanguageModel.LoadingOptions()
                loading.adapter = path
                _ = try LanguageModel.load(Self.fixture(family), options: loading)
                let engine = Engine(model: try LanguageModel.load(Self.fixture(family)))
                let error = #expect(throws: (any Error).self) { try engine.loadAdapter(path, as: "a") }
                #expect("\(error.map { "\($0)" } ?? "")".contains("give it when the model is loaded"))
                #expect(engine.adapters.isEmpty)
            }
        }
    }

    @Test func scalesAreAddedAndMustBeFinite() async throws {
        let engine = try engine()
        #expect(try engine.loadAdapter(Self.fixture("adapters/llama-lora"), as: "a"))
        let whole = try await run(prompt, engine, [AdapterUse("a")])
        // Twice the half is the whole, and has its pages.
        let halves = try await run(prompt, engine, [AdapterUse("a", scale: 0.5), AdapterUse("a", scale: 0.5)])
        #expect(halves.tokens == whole.tokens && halves.cached == 64)
        let none = try await run(prompt, engine, [AdapterUse("a"), AdapterUse("a", scale: -1)])
        #expect(try await none.tokens == run(prompt, engine, []).tokens)
        for scale in [Float.nan, .infinity, -.infinity] {
            await #expect(throws: EngineError.adapterScale("a")) {
                try await run(prompt, engine, [AdapterUse("a", scale: scale)])
            }
            #expect(!engine.setDefaultScale(scale, ofAdapter: "a"))
        }
        let large = AdapterUse("a", scale: .greatestFiniteMagnitude)
        await #expect(throws: EngineError.adapterScale("a")) { try await run(prompt, engine, [large, large]) }
    }

    /// A search by beams and the importance of parts are those of the model with the request's adapters.
    @Test func searchesHaveTheRequestsAdapters() async throws {
        let (engine, merged) = (try engine(), try engine(adapter: "llama-lora"))
        #expect(try engine.loadAdapter(Self.fixture("adapters/llama-lora"), as: "a"))
        var request = GenerationRequest(prompt: prompt)
        request.adapters = [AdapterUse("a")]
        let parameters = BeamSearchParameters(beams: 2, maximumTokens: 6)
        let found = try await engine.beamSearch(request, parameters).map(\.tokens)
        #expect(try await found == merged.beamSearch(prompt, parameters).map(\.tokens))
        #expect(try await found != engine.beamSearch(prompt, parameters).map(\.tokens))
        let importance = try await engine.importance(of: [3..<9], in: request, for: [4, 5, 6])
        let expected = try await merged.importance(of: [3..<9], in: prompt, for: [4, 5, 6])
        #expect(abs(importance[0] - expected[0]) < 1e-3)
        #expect(try await abs(importance[0] - engine.importance(of: [3..<9], in: prompt, for: [4, 5, 6])[0]) > 1e-2)
        // Its deadline is over, too.
        request.deadline = .now
        await #expect(throws: EngineError.late) { try await engine.beamSearch(request, parameters) }
        await #expect(throws: EngineError.late) { try await engine.importance(of: [3..<9], in: request, for: [4]) }
    }
}
