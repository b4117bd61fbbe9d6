import Architectures
package import Checkpoints
import Synchronization
import Tensors
import Tokenization

/// What goes through the layers of a language model: the stream that enters each of them, and the one that leaves the last.
///
/// `@unchecked Sendable` is safe because the network is used only by the one caller that holds the lock.
package final class LayerStates: @unchecked Sendable {
    private let tokenizer: Tokenizer
    private let spec: NetworkSpec
    private let network: Network<FastOperations>
    private let layout: CacheLayout
    private let lock = Mutex(())

    /// Which of a text's tokens count.
    package enum Tokens: Sendable, Hashable {
        /// The last one.
        case last
        /// All, as their mean.
        case mean
    }

    /// The number of layers.
    package var layerCount: Int { spec.layers.count }

    /// Loads a model.
    package init(_ checkpoint: Checkpoint, threads: Int? = nil) throws {
        let loader = try NetworkLoader(checkpoint, givesLogits: false)
        let pool = ThreadPool(threads: threads ?? ThreadPool.machineThreads)
        spec = loader.spec
        tokenizer = try ModelFiles(checkpoint).makeTokenizer(embeddingRows: loader.spec.vocabularySize)
        network = try loader.load(FastOperations(pool: pool, weights: nil, roundsWeights: false), pool: pool)
        layout = CacheLayout(layers: spec.cacheLayers, type: .f32)
    }

    /// The states of a text: one vector for each layer, of what enters it, and one for what leaves the last.
    ///
    /// A text longer than the model's context is an error, and so is one without tokens.
    package func states(
        of text: String, at tokens: Tokens = .last, addsSpecialTokens: Bool = true
    ) throws -> [[Float]] {
        let ids = tokenizer.encode(text, addSpecialTokens: addsSpecialTokens, parseSpecialTokens: true)
        guard !ids.isEmpty, ids.count <= spec.contextLength else {
            throw LayerStatesError(tokens: ids.count, limit: spec.contextLength)
        }
        return lock.withLock { _ in
            let cache = SequenceCache(layout: layout)
            let rows = tokens == .last ? ids.count - 1..<ids.count : 0..<ids.count
            var states: [[Float]] = []
            network.observer = { _, stream in
                var sum = [Float](repeating: 0, count: self.spec.hiddenSize)
                for row in rows {
                    for (index, value) in stream.buffer(ofRow: row).enumerated() { sum[index] += value }
                }
                states.append(sum.map { $0 / Float(rows.count) })
            }
            defer { network.observer = nil }
            network.operations.reset {
                _ = network.forward(
                    tokens: ids, spans: [BatchSpan(rows: 0..<ids.count, firstPosition: 0, cache: cache)],
                    outputRows: [ids.count - 1])
            }
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
