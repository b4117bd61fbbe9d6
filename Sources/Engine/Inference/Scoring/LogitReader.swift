import Architectures
package import Checkpoints
import Tensors

/// Gives the logits of every token of a text, for measuring and comparing models.
package final class LogitReader {
    private let reader: TextReader

    /// Loads a model.
    package init(_ checkpoint: Checkpoint, threads: Int? = nil) throws {
        reader = try TextReader(checkpoint, NetworkLoader(checkpoint), threads: threads) { FastOperations(pool: $0) }
    }

    /// Tokens that the model can read at once.
    package var contextLength: Int { reader.spec.contextLength }
    /// The logits of a token.
    package var vocabularySize: Int { reader.spec.vocabularySize }

    /// A text in windows of so many tokens; see ``TextWindows``.
    package func windows(of text: String, size: Int, limit: Int?) -> [[Int32]] {
        reader.windows(of: text, size: size, limit: limit)
    }

    /// Reads tokens on their own and hands over the logits after those in `rows`, `[rows.count * vocabularySize]`.
    package func read<Result>(
        _ tokens: [Int32], rows: Range<Int>, _ body: (UnsafeBufferPointer<Float>) throws -> Result
    ) rethrows -> Result {
        var logits: [Float] = []
        reader.read(tokens, rows: Array(rows)) { logits = reader.network.operations.read($0) }
        return try logits.withUnsafeBufferPointer(body)
    }
}
