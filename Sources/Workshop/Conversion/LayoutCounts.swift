import Architectures
import Checkpoints

/// The counts that tensors are laid out by, checked so that whatever comes from them can be computed.
struct LayoutCounts {
    let layers: Int
    let experts: Int
    let heads: Int
    let keyHeads: Int
    /// The channels of a head.
    let headSize: Int

    private static let experts = ConversionFamily.count("expert_count", "num_local_experts", "num_experts")
    private static let headSize = ConversionFamily.count("attention.key_length", "head_dim")

    /// Reads the counts of a model.
    ///
    /// - Parameters:
    ///   - path: The file that says them, for errors.
    ///   - name: What a key is called there.
    ///   - read: Its value; nil if it is not there.
    init(
        path: String, name: (ConversionFamily.Key) -> String,
        read: (ConversionFamily.Key) throws(CheckpointError) -> Int?
    ) throws(CheckpointError) {
        func count(
            _ key: ConversionFamily.Key, _ range: ClosedRange<Int>, missing: Int? = nil
        ) throws(CheckpointError) -> Int {
            guard let value = try read(key) ?? missing else {
                throw CheckpointError(
                    path: path, location: "key \(name(key))", reason: "it is missing, or no whole number")
            }
            guard range.contains(value) else {
                throw CheckpointError(
                    path: path, location: "key \(name(key))",
                    reason: "it is \(value), expected \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
        layers = try count(ConversionFamily.layers, 0...4096)
        experts = try count(Self.experts, 0...4096, missing: 0)
        heads = try count(ConversionFamily.heads, 1...65_536)
        keyHeads = try count(ConversionFamily.keyHeads, 1...65_536, missing: heads)
        let width = try count(ConversionFamily.width, heads...(1 << 24))
        headSize = try count(Self.headSize, 1...65_536, missing: width / heads)
        // Each expert of each layer has names of its own.
        guard layers * experts <= 1 << 18 else {
            throw CheckpointError(
                path: path, location: "key \(name(Self.experts))",
                reason: "\(layers) layers of \(experts) experts each are more than any model has")
        }
    }

    /// The heads of the rows of a matrix or bias of queries or keys.
    ///
    /// - Throws: `CheckpointError` if the rows are no such heads, each of two halves.
    func heads(ofRows rows: Int, _ pair: TensorPair, origin: String) throws(CheckpointError) -> Int {
        let count = pair.gguf.contains(".attn_k.") ? keyHeads : heads
        guard rows % (2 * count) == 0 else {
            throw CheckpointError(
                path: origin, reason: "its \(rows) rows are no \(count) heads of two halves",
                remedy: "The numbers of heads belong to another model")
        }
        return count
    }
}

extension [TensorPair] {
    /// The first tensor that one block lacks and another has; nil if all blocks have the same.
    func missing(where isThere: (TensorPair) -> Bool) -> TensorPair? {
        func part(_ pair: TensorPair) -> Substring? {
            pair.gguf.hasPrefix("blk.") ? pair.gguf.split(separator: ".", maxSplits: 2).last : nil
        }
        let there = Set(filter(isThere).compactMap(part))
        return first { pair in part(pair).map(there.contains) == true && !isThere(pair) }
    }
}

extension Family {
    /// Whether GGUF files have the rows of a tensor in another order than folders: those of queries and keys.
    func reordersRows(of pair: TensorPair) -> Bool {
        turnsHeadsInGGUF && (pair.gguf.contains(".attn_q.") || pair.gguf.contains(".attn_k."))
    }
}
