import Architectures
import Checkpoints
import Foundation
import JSONValues
import Tensors
import Testing

private let defaultModelPath = ProcessInfo.processInfo.environment["SWIFTLET_TEST_MODEL"]

/// The default model against llama.cpp on the same file; runs when SWIFTLET_TEST_MODEL names that file.
@Suite(.enabled(if: defaultModelPath != nil, "SWIFTLET_TEST_MODEL names no file"))
struct DefaultModelTests {
    /// Where the reference's best two log-probabilities are nearer than this under one of its settings, either may come
    /// first; `scripts/make_generation_fixtures.py` tells about the settings.
    private static let margin = 0.1

    @Test func greedyTokensEqualTheReference() throws {
        let checkpoint = try Checkpoint.open(try #require(defaultModelPath))
        let operations = FastOperations(pool: ThreadPool(threads: ThreadPool.machineThreads))
        let network = try NetworkLoader(checkpoint).load(operations)
        let cases = try #require(try Fixtures.json("smollm2.json").arrayValue)
        var compared = 0
        for expected in cases {
            func numbers(_ key: String) throws -> [JSON] { try #require(expected[key]?.arrayValue) }
            let greedy = try numbers("greedy").map { Int32(try #require($0.intValue)) }
            let margins = try numbers("margins").map { try #require($0.doubleValue) }
            let cache = SequenceCache(layout: CacheLayout(layers: network.spec.cacheLayers, type: .f16))
            var next = try numbers("prompt").map { Int32(try #require($0.intValue)) }
            var position = 0
            for (step, token) in greedy.enumerated() {
                var best: Int32 = 0
                operations.reset {
                    let span = BatchSpan(rows: next.indices, firstPosition: position, cache: cache)
                    let logits = network.forward(tokens: next, spans: [span], outputRows: [next.count - 1])
                    best = Int32(operations.read(logits).withUnsafeBufferPointer { Logits.argmax($0) })
                }
                if best != token {
                    #expect(margins[step] <= Self.margin, "\(expected["text"]?.stringValue ?? "") step \(step)")
                    break
                }
                compared += 1
                position += next.count
                next = [token]
            }
        }
        // A text may part ways early, but not most of them.
        #expect(compared > 200)
    }
}
