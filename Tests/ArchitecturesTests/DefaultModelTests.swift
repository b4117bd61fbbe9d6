import Architectures
import Checkpoints
import Foundation
import JSONValues
import Tensors
import Testing

private let defaultModelPath = ProcessInfo.processInfo.environment["SWIFTLET_TEST_MODEL"]

/// The default model against exact f32 products of the same weights; runs when SWIFTLET_TEST_MODEL names its file.
///
/// `scripts/make_log_probability_fixture.py` made the numbers. What is off is the rounding of activations to 8 bits, of
/// prompts' weights too where that makes their products faster, and of keys and values to f16. SWIFTLET_KERNELS chooses the
/// instruction set; `make test-model` goes through all that the machine has.
@Suite(.enabled(if: defaultModelPath != nil, "SWIFTLET_TEST_MODEL names no file"), .serialized)
struct DefaultModelTests {
    /// Root mean square of what log-probabilities may be off by. AVX-512 reaches 0.113 and 0.086, AVX2 0.084 in both;
    /// activations cut instead of rounded give 0.17 or more.
    private static let (promptBound, generationBound) = (0.125, 0.095)

    private let tokens: [Int32]
    private let exact: [Double]
    private let network: Network<FastOperations>

    init() throws {
        let fixture = try Fixtures.json("smollm2.json")
        tokens = try #require(fixture["tokens"]?.arrayValue).compactMap { $0.intValue.map(Int32.init) }
        exact = try #require(fixture["logProbabilities"]?.arrayValue).compactMap(\.doubleValue)
        let operations = FastOperations(pool: ThreadPool(threads: ThreadPool.machineThreads))
        network = try NetworkLoader(Checkpoint.open(try #require(defaultModelPath))).load(operations)
    }

    /// 264 tokens at a time, as the engine reads prompts.
    @Test func promptsGiveTheLogProbabilitiesOfExactProducts() throws {
        let error = try error(count: tokens.count, step: 264)
        #expect(error < Self.promptBound, "off by \(error)")
    }

    @Test func generationGivesTheLogProbabilitiesOfExactProducts() throws {
        let error = try error(count: tokens.count, step: 1)
        #expect(error < Self.generationBound, "off by \(error)")
    }

    /// The root mean square of what the log-probabilities of the first `count` tokens are off by.
    private func error(count: Int, step: Int) throws -> Double {
        let cache = SequenceCache(layout: CacheLayout(layers: network.spec.cacheLayers, type: .f16))
        var squares = 0.0
        for first in stride(from: 0, to: count - 1, by: step) {
            let rows = Array(tokens[first..<min(first + step, count - 1)])
            network.operations.reset {
                let span = BatchSpan(rows: rows.indices, firstPosition: first, cache: cache)
                let logits = network.forward(tokens: rows, spans: [span], outputRows: Array(rows.indices))
                for row in rows.indices {
                    let values = UnsafeBufferPointer(logits.buffer(ofRow: row))
                    let score = values[Int(tokens[first + row + 1])] - Logits.logSumExp(values)
                    squares += (Double(score) - exact[first + row]) * (Double(score) - exact[first + row])
                }
            }
        }
        return (squares / Double(count - 1)).squareRoot()
    }
}
