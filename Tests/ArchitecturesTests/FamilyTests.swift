import Architectures
import Checkpoints
import Foundation
import Tensors
import Testing

/// Tiny checkpoints of every family against the numbers of the reference implementation, in f32.
@Suite struct FamilyTests {
    static let cases = Fixtures.names(in: "families")
    /// The largest difference of a log-probability.
    static let tolerance: Float = 1e-4

    static func load<Ops: Operations>(_ name: String, _ operations: Ops) throws -> Network<Ops> {
        try NetworkLoader(Checkpoint.open(Fixtures.url("families/\(name)").path)).load(operations)
    }

    static func expected(_ name: String) throws -> ExpectedText {
        try ExpectedText(Fixtures.json("families/\(name)/expected.json"))
    }

    /// Scores the prompt in one pass, then decodes greedily token by token; a text whose positions depend on its length is
    /// computed anew for each token, as the reference does it.
    static func check<Ops: Operations>(
        _ network: Network<Ops>, _ expected: ExpectedText, makeCache: () -> Ops.Cache,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let (prompt, vocabulary, operations) = (expected.prompt, network.spec.vocabularySize, network.operations)
        let isRecomputed = network.spec.canonicalLength(1) != nil
        func run(_ tokens: [Int32], at position: Int, _ cache: Ops.Cache, all: Bool) -> [Float] {
            let span = BatchSpan(rows: tokens.indices, firstPosition: position, cache: cache)
            let rows = all ? Array(tokens.indices) : [tokens.count - 1]
            var logits: [Float] = []
            operations.scope {
                logits = operations.read(network.forward(tokens: tokens, spans: [span], outputRows: rows))
            }
            return logits
        }
        let cache = makeCache()
        let logits = run(prompt, at: 0, cache, all: true)
        let scores = logProbabilities(logits, of: prompt.dropFirst(), vocabulary: vocabulary)
        #expect(expected.error(of: scores) < tolerance, sourceLocation: sourceLocation)
        var generated = [argmax(logits.suffix(vocabulary))]
        while generated.count < expected.greedy.count {
            let position = prompt.count + generated.count - 1
            generated.append(
                argmax(
                    isRecomputed
                        ? run(prompt + generated, at: 0, makeCache(), all: false)
                        : run(generated.suffix(1), at: position, cache, all: false)))
        }
        #expect(generated == expected.greedy, sourceLocation: sourceLocation)
    }

    /// A family without a checkpoint would be proved by nothing.
    @Test func everyFamilyHasACheckpoint() throws {
        let folders =
            Self.cases.map { "families/\($0)" } + EncoderTests.cases.map { "encoders/\($0)" }
            + TranslatorTests.cases.map { "translators/\($0)" }
        let proved = try folders.map { try NetworkLoader(Checkpoint.open(Fixtures.url($0).path)).family.name }
        #expect(Set(proved) == Set(Family.all.map(\.name)))
    }

    static func makeCache(_ network: Network<FastOperations>) -> SequenceCache {
        SequenceCache(layout: CacheLayout(layers: network.spec.cacheLayers, type: .f32))
    }

    /// Every model type and every GGUF architecture of every family has a checkpoint among the fixtures.
    @Test func everyFamilyIsThere() throws {
        #expect(Self.cases.count >= 53 && EncoderTests.cases.count >= 8 && GGUFTests.cases.count >= 44)
        func modelTypes(_ folder: String) throws -> [String] {
            try Fixtures.names(in: folder).map {
                try #require(try Fixtures.json("\(folder)/\($0)/config.json")["model_type"]?.stringValue)
            }
        }
        let types = Set(try modelTypes("families") + modelTypes("encoders") + modelTypes("translators"))
        let architectures = Set(
            try GGUFTests.cases.map { name in
                let checkpoint = try Checkpoint.open(Fixtures.url("gguf/\(name).gguf").path)
                guard case .gguf(let metadata) = checkpoint.metadata else { return "" }
                return try metadata.string("general.architecture") ?? ""
            })
        for family in Family.all {
            #expect(!types.isDisjoint(with: family.modelTypes), "\(family.name) has no checkpoint among the fixtures")
            for architecture in family.ggufArchitectures {
                #expect(architectures.contains(architecture), "there is no GGUF file of \(architecture)")
            }
        }
    }

    @Test(arguments: cases) func referenceOperations(name: String) throws {
        try Self.check(Self.load(name, ReferenceOperations()), Self.expected(name)) { ReferenceOperations.Cache() }
    }

    @Test(arguments: cases, Kernels.available) func fastOperations(name: String, kernels: String) throws {
        let operations = FastOperations(
            pool: ThreadPool(threads: 2), kernels: try #require(Kernels(named: kernels)))
        let network = try Self.load(name, operations)
        Self.check(network, try Self.expected(name)) { Self.makeCache(network) }
    }

    /// The same checkpoint as a file of llama2.c, whose queries and keys have another order.
    @Test func llama2cFile() throws {
        let checkpoint = try Checkpoint.open(Fixtures.url("llama2c/llama.bin").path)
        let network = try NetworkLoader(checkpoint).load(FastOperations(pool: ThreadPool(threads: 2)))
        Self.check(network, try Self.expected("llama")) { Self.makeCache(network) }
    }

    /// RWKV's original file, without a configuration. Its weights are bf16: only where there are no products of it are they
    /// multiplied in f32, as in the reference.
    @Test(arguments: Kernels.available.filter { !$0.hasSuffix("bf16") })
    func bareFile(kernels: String) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "swiftlet-\(UUID()).pth")
        try FileManager.default.copyItem(at: Fixtures.url("families/rwkv-5/model.pth"), to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let operations = FastOperations(
            pool: ThreadPool(threads: 2), kernels: try #require(Kernels(named: kernels)), isDeterministic: true)
        let network = try NetworkLoader(Checkpoint.open(file.path)).load(operations)
        Self.check(network, try Self.expected("rwkv-5")) { Self.makeCache(network) }
    }

    /// Token by token, in a batch with other texts of other lengths: the same numbers.
    @Test(arguments: cases) func batched(name: String) throws {
        let network = try Self.load(name, FastOperations(pool: ThreadPool(threads: 2)))
        let expected = try Self.expected(name)
        let (prompt, vocabulary) = (expected.prompt, network.spec.vocabularySize)
        let caches = (0..<3).map { _ in Self.makeCache(network) }
        var scores: [Float] = []
        var other = 0
        for (position, token) in prompt.dropLast().enumerated() {
            network.operations.scope {
                let rows = [1 + position % 3, 1, 2]
                let tokens = [Int32](repeating: 5, count: rows[0]) + [token] + [7, 8]
                let spans = [
                    BatchSpan(rows: 0..<rows[0], firstPosition: other, cache: caches[0]),
                    BatchSpan(
                        rows: rows[0]..<rows[0] + 1, firstPosition: position, cache: caches[1],
                        rotaryLength: prompt.count),
                    BatchSpan(rows: rows[0] + 1..<rows[0] + 3, firstPosition: 2 * position, cache: caches[2]),
                ]
                other += rows[0]
                let logits = network.forward(tokens: tokens, spans: spans, outputRows: [rows[0]])
                scores += logProbabilities(
                    network.operations.read(logits), of: [prompt[position + 1]], vocabulary: vocabulary)
            }
        }
        #expect(expected.error(of: scores) < Self.tolerance)
    }
}
