import Architectures
import Checkpoints
import JSONValues
import Synchronization
import Tensors
import Tokenization

/// A network that reads whole texts, several in one pass, and gives the states of their tokens.
///
/// `@unchecked Sendable` is safe because the network is used only by the one caller that holds the lock.
final class EncoderNetwork: @unchecked Sendable {
    let name: String
    let checkpoint: Checkpoint
    let tokenizer: Tokenizer
    let spec: NetworkSpec
    /// What is odd about the files without being in the way.
    let notes: [String]
    /// The most tokens of a text: the network's positions, or what the tokenizer's settings say if that is less.
    let maximumTokens: Int
    let truncationSide: Tokenizer.TruncationSide
    /// Whether the types of tokens are given to the network; otherwise all are 0.
    private let usesTypes: Bool
    private let network: Network<FastOperations>
    private let layout: CacheLayout
    private let lock = Mutex(())

    /// Tokens in one pass, unless a single text has more.
    static let passTokens = 512

    /// Loads a network; it gives its last stream, whatever it could say about next tokens.
    init(
        _ checkpoint: Checkpoint, threads: Int?, weights: PackedWeights? = nil, roundsWeights: Bool = false,
        otherTensors: Set<String> = []
    ) throws {
        let loader = try NetworkLoader(checkpoint, givesLogits: false, otherTensors: otherTensors)
        let files = ModelFiles(checkpoint)
        let pool = ThreadPool(threads: threads ?? ThreadPool.machineThreads)
        self.checkpoint = checkpoint
        name = files.name
        spec = loader.spec
        notes = loader.notes
        tokenizer = try files.makeTokenizer(embeddingRows: loader.spec.vocabularySize)
        let operations = FastOperations(pool: pool, weights: weights, roundsWeights: roundsWeights)
        network = try loader.load(operations, pool: pool)
        operations.move(to: .shared(threads: pool.threads))
        checkpoint.releasePages()
        weights?.keep()
        layout = CacheLayout(
            layers: spec.cacheLayers, type: roundsWeights ? .bf16 : .f32, keepsOneLayer: !spec.sharesKeys)
        var settings: JSON?
        if case .huggingFace(let folder) = checkpoint.metadata { settings = folder.tokenizerConfiguration }
        // Tokenizers without a limit have an enormous number there.
        let limit = settings?["model_max_length"]?.doubleValue.flatMap { Int(exactly: $0) } ?? .max
        maximumTokens = limit > 0 ? min(limit, spec.contextLength) : spec.contextLength
        let inputs = settings?["model_input_names"]?.arrayValue
        usesTypes = inputs?.contains("token_type_ids") ?? true
        truncationSide = settings?["truncation_side"] == "left" ? .start : .end
    }

    /// Runs all texts and calls `body` with each one's number and the rows of its states, which are valid during the call.
    /// Texts come in the order of their lengths.
    func run(_ texts: [FramedText], _ body: (Int, [UnsafeMutableBufferPointer<Float>]) -> Void) throws {
        for text in texts {
            if let id = text.ids.first(where: { !(0..<Int32(clamping: spec.vocabularySize)).contains($0) }) {
                throw EmbeddingError.tokenOutOfRange(id: id, vocabularySize: spec.vocabularySize)
            }
        }
        // Texts of like lengths end together; the longest come first, so that memory is taken once.
        var waiting = texts.indices.sorted { (texts[$1].ids.count, $0) < (texts[$0].ids.count, $1) }[...]
        var caches: [SequenceCache] = []
        try lock.withLock { _ in
            while let longest = waiting.first {
                var (count, tokens) = (1, texts[longest].ids.count)
                for index in waiting.dropFirst() {
                    guard tokens + texts[index].ids.count <= Self.passTokens else { break }
                    tokens += texts[index].ids.count
                    count += 1
                }
                while caches.count < count { caches.append(SequenceCache(layout: layout)) }
                try run(Array(waiting.prefix(count)), texts, caches, body)
                waiting = waiting.dropFirst(count)
            }
        }
    }

    func profileProjections(tokens: [Int], seconds: Double) -> [ProjectionProfile] {
        lock.withLock { _ in network.profileProjections(tokens: tokens, seconds: seconds) }
    }

    private func run(
        _ indices: [Int], _ texts: [FramedText], _ caches: [SequenceCache],
        _ body: (Int, [UnsafeMutableBufferPointer<Float>]) -> Void
    ) throws {
        var spans: [BatchSpan<SequenceCache>] = []
        var (tokens, types): ([Int32], [Int32]) = ([], [])
        let largestType = usesTypes ? Int32(clamping: max(spec.embedding.tokenTypes - 1, 0)) : 0
        for (index, cache) in zip(indices, caches) where !texts[index].ids.isEmpty {
            let rows = tokens.count..<tokens.count + texts[index].ids.count
            cache.restart()
            spans.append(BatchSpan(rows: rows, firstPosition: 0, cache: cache))
            tokens += texts[index].ids
            types += texts[index].types.map { min($0, largestType) }
        }
        guard !tokens.isEmpty else { return indices.forEach { body($0, []) } }
        var isFinite = true
        network.operations.reset {
            let states = network.forward(
                tokens: tokens, types: types, spans: spans, outputRows: Array(tokens.indices))
            var first = 0
            for index in indices {
                let rows = (first..<first + texts[index].ids.count).map { states.buffer(ofRow: $0) }
                first += rows.count
                isFinite = isFinite && rows.allSatisfy { $0.allSatisfy(\.isFinite) }
                body(index, rows)
            }
        }
        if !isFinite { throw EmbeddingError.notFinite(model: name) }
    }
}

extension NetworkSpec {
    /// Whether a token sees only those before it, so that only the last one has seen the whole text.
    var readsForward: Bool {
        layers.contains { layer in
            if case .attention(let spec) = layer.mixer { spec.shape.isCausal } else { true }
        }
    }
}
