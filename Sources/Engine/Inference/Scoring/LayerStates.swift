import Architectures
package import Checkpoints
import Synchronization
import Tensors

/// What goes through the layers of a language model: the stream that enters each of them, and the one that leaves the last.
///
/// `@unchecked Sendable` is safe because the network is used only by the one caller that holds the lock.
package final class LayerStates: @unchecked Sendable {
    private let reader: TextReader
    private let lock = Mutex(())

    /// Which of a text's tokens count.
    package enum Tokens: Sendable, Hashable {
        /// The last one.
        case last
        /// All, as their mean.
        case mean
    }

    /// The number of layers.
    package var layerCount: Int { reader.spec.layers.count }

    /// Loads a model.
    package init(_ checkpoint: Checkpoint, threads: Int? = nil) throws {
        reader = try TextReader(checkpoint, NetworkLoader(checkpoint, givesLogits: false), threads: threads) {
            FastOperations(pool: $0)
        }
    }

    /// The states of a text: one vector for each layer, of what enters it, and one for what leaves the last.
    ///
    /// A text longer than the model's context is an error, and so is one without tokens.
    package func states(
        of text: String, at tokens: Tokens = .last, addsSpecialTokens: Bool = true
    ) throws -> [[Float]] {
        let ids = reader.tokenizer.encode(text, addSpecialTokens: addsSpecialTokens, parseSpecialTokens: true)
        guard !ids.isEmpty, ids.count <= reader.spec.contextLength else {
            throw LayerStatesError(tokens: ids.count, limit: reader.spec.contextLength)
        }
        return lock.withLock { _ in
            let rows = tokens == .last ? ids.count - 1..<ids.count : 0..<ids.count
            var states: [[Float]] = []
            reader.network.observer = { [hiddenSize = reader.spec.hiddenSize] _, stream in
                var sum = [Float](repeating: 0, count: hiddenSize)
                for row in rows {
                    for (index, value) in stream.buffer(ofRow: row).enumerated() { sum[index] += value }
                }
                states.append(sum.map { $0 / Float(rows.count) })
            }
            defer { reader.network.observer = nil }
            reader.read(ids, rows: [ids.count - 1])
            return states
        }
    }
}

/// A text that a model cannot read.
package struct LayerStatesError: Error, Hashable, CustomStringConvertible {
    let tokens: Int
    let limit: Int

    /// The whole message.
    package var description: String {
        tokens == 0 ? "the text has no tokens." : "the text has \(tokens) tokens, the model reads \(limit). Shorten it."
    }
}
