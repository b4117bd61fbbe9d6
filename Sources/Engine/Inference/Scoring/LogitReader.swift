import Architectures
package import Checkpoints
import Tensors
import Tokenization

/// Gives the logits of every token of a text, for measuring and comparing models.
package final class LogitReader {
    private let tokenizer: Tokenizer
    private let spec: NetworkSpec
    private let network: Network<FastOperations>
    private let layout: CacheLayout

    /// Loads a model.
    package init(_ checkpoint: Checkpoint, threads: Int? = nil) throws {
        let loader = try NetworkLoader(checkpoint)
        let pool = ThreadPool(threads: threads ?? ThreadPool.machineThreads)
        spec = loader.spec
        tokenizer = try ModelFiles(checkpoint).makeTokenizer(embeddingRows: loader.spec.vocabularySize)
        network = try loader.load(FastOperations(pool: pool), pool: pool)
        layout = CacheLayout(layers: spec.cacheLayers, type: .f32)
    }

    /// Tokens that the model can read at once.
    package var contextLength: Int { spec.contextLength }
    /// The logits of a token.
    package var vocabularySize: Int { spec.vocabularySize }

    /// A text in windows of so many tokens; see ``TextWindows``.
    package func windows(of text: String, size: Int, limit: Int?) -> [[Int32]] {
        tokenizer.windows(of: text, size: size, limit: limit)
    }

    /// Reads tokens on their own and hands over the logits after those in `rows`, `[rows.count * vocabularySize]`.
    package func read<Result>(
        _ tokens: [Int32], rows: Range<Int>, _ body: (UnsafeBufferPointer<Float>) throws -> Result
    ) rethrows -> Result? {
        var logits: [Float] = []
        network.operations.reset {
            let output = network.forward(
                tokens: tokens,
                spans: [BatchSpan(rows: tokens.indices, firstPosition: 0, cache: SequenceCache(layout: layout))],
                outputRows: Array(rows))
            logits = network.operations.read(output)
        }
        return try logits.withUnsafeBufferPointer(body)
    }
}
