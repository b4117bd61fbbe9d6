import Architectures
import Checkpoints
import Tensors
import Tokenization

/// A model that reads texts one by one, each on its own, for those who look at what it computes.
struct TextReader {
    let tokenizer: Tokenizer
    let spec: NetworkSpec
    let network: Network<FastOperations>
    private let layout: CacheLayout

    /// Loads a model.
    ///
    /// - Parameters:
    ///   - threads: how many compute; nil for as many as the machine runs at once.
    ///   - operations: makes what the network computes with.
    init(
        _ checkpoint: Checkpoint, _ loader: NetworkLoader, threads: Int?, operations: (ThreadPool) -> FastOperations
    ) throws {
        let pool = ThreadPool(threads: threads ?? ThreadPool.machineThreads)
        spec = loader.spec
        tokenizer = try ModelFiles(checkpoint).makeTokenizer(embeddingRows: loader.spec.vocabularySize)
        network = try loader.load(operations(pool), pool: pool)
        layout = CacheLayout(layers: spec.cacheLayers, type: .f32)
    }

    /// A text in windows of so many tokens; see ``TextWindows``.
    func windows(of text: String, size: Int, limit: Int?) -> [[Int32]] {
        tokenizer.windows(of: text, size: size, limit: limit)
    }

    /// Reads tokens on their own; `body` gets what the network gives for some rows, which is valid during the call.
    func read(_ tokens: [Int32], rows: [Int], _ body: (FastOperations.Activations) -> Void = { _ in }) {
        network.operations.reset {
            body(
                network.forward(
                    tokens: tokens,
                    spans: [BatchSpan(rows: tokens.indices, firstPosition: 0, cache: SequenceCache(layout: layout))],
                    outputRows: rows))
        }
    }
}
