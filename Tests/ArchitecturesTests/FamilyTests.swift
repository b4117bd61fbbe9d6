import Architectures
import Checkpoints
import Foundation
import JSONValues
import Tensors
import Testing

/// Tiny checkpoints of every family against the numbers of the reference implementation, in f32.
@Suite struct FamilyTests {
    static let cases = ["llama", "llama-3.1", "llama-linear", "mistral", "qwen2"]
    /// The largest difference of a log-probability.
    private static let tolerance: Float = 1e-4

    private struct Expected {
        let prompt: [Int32]
        let logProbabilities: [Float]
        let greedy: [Int32]

        init(_ name: String) throws {
            let data = try Data(contentsOf: FamilyTests.folder(name).appending(path: "expected.json"))
            let json = try JSON(parsing: Array(data), source: name)
            func numbers(_ key: String) throws -> [JSON] { try #require(json[key]?.arrayValue) }
            prompt = try numbers("prompt").map { Int32(try #require($0.intValue)) }
            logProbabilities = try numbers("logProbabilities").map { Float(try #require($0.doubleValue)) }
            greedy = try numbers("greedy").map { Int32(try #require($0.intValue)) }
        }
    }

    static func folder(_ name: String) -> URL { Bundle.module.bundleURL.appending(path: "Fixtures/\(name)") }

    private func load<Ops: Operations>(_ name: String, _ operations: Ops) throws -> Network<Ops> {
        try NetworkLoader(Checkpoint.open(Self.folder(name).path)).load(operations)
    }

    private func logProbabilities(_ rows: [Float], of tokens: some Sequence<Int32>, vocabulary: Int) -> [Float] {
        tokens.enumerated().map { index, token in
            let row = Array(rows[index * vocabulary..<(index + 1) * vocabulary])
            return row[Int(token)] - row.withUnsafeBufferPointer { Logits.logSumExp($0) }
        }
    }

    private func argmax(_ row: some Collection<Float>) -> Int32 {
        Int32(Array(row).withUnsafeBufferPointer { Logits.argmax($0) })
    }

    /// Scores the prompt in one pass, then decodes greedily token by token.
    private func check<Ops: Operations>(
        _ network: Network<Ops>, _ expected: Expected, _ cache: Ops.Cache,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let (prompt, vocabulary) = (expected.prompt, network.spec.vocabularySize)
        network.operations.scope {
            let logits = network.operations.read(
                network.forward(
                    tokens: prompt, spans: [BatchSpan(rows: prompt.indices, firstPosition: 0, cache: cache)],
                    outputRows: Array(prompt.indices)))
            let scores = logProbabilities(logits, of: prompt.dropFirst(), vocabulary: vocabulary)
            let worst = zip(scores, expected.logProbabilities).map { abs($0 - $1) }.max() ?? .infinity
            #expect(worst < Self.tolerance, sourceLocation: sourceLocation)
            var generated = [argmax(logits.suffix(vocabulary))]
            while generated.count < expected.greedy.count {
                let span = BatchSpan(rows: 0..<1, firstPosition: prompt.count + generated.count - 1, cache: cache)
                let row = network.forward(tokens: [generated[generated.count - 1]], spans: [span], outputRows: [0])
                generated.append(argmax(network.operations.read(row)))
            }
            #expect(generated == expected.greedy, sourceLocation: sourceLocation)
        }
    }

    private func makeCache(_ network: Network<FastOperations>) -> SequenceCache {
        SequenceCache(layout: CacheLayout(layers: network.spec.cacheLayers, isHalf: false))
    }

    @Test(arguments: cases) func referenceOperations(name: String) throws {
        try check(load(name, ReferenceOperations()), Expected(name), ReferenceOperations.Cache())
    }

    @Test(arguments: cases, Kernels.available) func fastOperations(name: String, kernels: String) throws {
        let operations = FastOperations(
            pool: ThreadPool(threads: 2), kernels: try #require(Kernels(named: kernels)))
        let network = try load(name, operations)
        check(network, try Expected(name), makeCache(network))
    }

    /// Token by token, in a batch with other texts of other lengths: the same numbers.
    @Test(arguments: cases) func batched(name: String) throws {
        let (network, expected) = (try load(name, FastOperations(pool: ThreadPool(threads: 2))), try Expected(name))
        let (prompt, vocabulary) = (expected.prompt, network.spec.vocabularySize)
        let caches = (0..<3).map { _ in makeCache(network) }
        var scores: [Float] = []
        var other = 0
        for (position, token) in prompt.dropLast().enumerated() {
            network.operations.scope {
                let rows = [1 + position % 3, 1, 2]
                let tokens = [Int32](repeating: 5, count: rows[0]) + [token] + [7, 8]
                let spans = [
                    BatchSpan(rows: 0..<rows[0], firstPosition: other, cache: caches[0]),
                    BatchSpan(rows: rows[0]..<rows[0] + 1, firstPosition: position, cache: caches[1]),
                    BatchSpan(rows: rows[0] + 1..<rows[0] + 3, firstPosition: 2 * position, cache: caches[2]),
                ]
                other += rows[0]
                let logits = network.forward(tokens: tokens, spans: spans, outputRows: [rows[0]])
                scores += logProbabilities(
                    network.operations.read(logits), of: [prompt[position + 1]], vocabulary: vocabulary)
            }
        }
        let worst = zip(scores, expected.logProbabilities).map { abs($0 - $1) }.max() ?? .infinity
        #expect(worst < Self.tolerance)
        #expect(scores.count == expected.logProbabilities.count)
    }
}
