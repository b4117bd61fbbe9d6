/// Positions, the cache of keys and values, and attention to it.
package protocol AttentionOperations: OperationTypes {
    /// Makes room in `cache` for the positions; what lies too far before them to be seen again is let go.
    func reserve(_ cache: Cache, positions: Range<Int>)

    /// The rotation of each row: its position times its own inverse frequencies `[pairs]`, times `scale`.
    func makeRotation(positions: [Int], inverseFrequencies: [[Float]], scale: Float) -> Rotation

    /// Rotates the first channels of each head.
    func rotate(_ input: Activations, headSize: Int, by rotation: Rotation, layout: RotaryLayout) -> Activations

    /// For each of `heads` heads the channels of `shared`, which all heads have in common, then the head's own of `each`.
    func joinHeads(shared: Activations, each: Activations, heads: Int) -> Activations

    /// Stores the keys and values of the rows.
    func store(keys: Activations, values: Activations, layer: Int, spans: [BatchSpan<Cache>])

    /// Attends to the stored keys that each query may see: those that `shape` says, and with `far` more distant ones.
    ///
    /// `distanceBias` is for each head what is added to scores by the distance of the key, `[heads, 2 * reach + 1]`; those
    /// farther away have what the farthest have.
    ///
    /// The key biases of `spans` are added to scores last, those that a cap limits included.
    ///
    /// `sinks` is a score for each head that takes part in the softmax and gives nothing, `[heads]`. With `buckets` all that
    /// is stored must have been computed together.
    func attend(
        _ queries: Activations, far: FarQueries<Activations>?, shape: AttentionShape, distanceBias: Vector?,
        sinks: Vector?, buckets: BucketScores<Activations>?, layer: Int, spans: [BatchSpan<Cache>]
    ) -> Activations

    /// For each head the products of its channels of each row with its channels of each of the others,
    /// `[tokens, heads * others]`.
    func multiplyHeads(_ rows: Activations, _ others: Activations, heads: Int) -> Activations
}

extension AttentionOperations {
    /// Attention with fewer parts.
    package func attend(
        _ queries: Activations, far: FarQueries<Activations>? = nil, shape: AttentionShape, distanceBias: Vector? = nil,
        sinks: Vector? = nil, layer: Int, spans: [BatchSpan<Cache>]
    ) -> Activations {
        attend(
            queries, far: far, shape: shape, distanceBias: distanceBias, sinks: sinks, buckets: nil, layer: layer,
            spans: spans)
    }
}
