package import Checkpoints
package import Tensors

/// Finds the family of a checkpoint and brings its tensors into a network.
package struct NetworkLoader {
    package let checkpoint: Checkpoint
    /// The family that its configuration names.
    package let family: Family
    /// What the model consists of.
    package let spec: NetworkSpec
    /// What is odd about the model without being in the way, in sentences for people: tensors that are ignored, an index
    /// that disagrees with its files.
    package let notes: [String]
    let names: TensorNames
    let adapter: LowRankAdapter?
    private let strays: StrayTensors
    /// Whether the user's frequencies count, and not those of the file.
    private let replacesFrequencies: Bool
    private let otherTensors: Set<String>

    /// Reads the configuration and checks that every tensor is there in its shape; no weight is read yet.
    ///
    /// - Parameters:
    ///   - adapter: a change of the weights that is applied when they are loaded.
    ///   - rope: how rotary positions are stretched, in place of what the configuration says.
    ///   - givesLogits: whether the network is to lead to logits; otherwise it gives its last stream, and the output matrix
    ///     may be missing.
    ///   - otherTensors: the names of tensors that the caller reads.
    package init(
        _ checkpoint: Checkpoint, adapter: LowRankAdapter? = nil, rope: RotaryOverride? = nil, givesLogits: Bool = true,
        otherTensors: Set<String> = []
    ) throws {
        self.checkpoint = checkpoint
        self.adapter = adapter
        self.otherTensors = otherTensors
        let configuration = try Hyperparameters(checkpoint)
        family = try Family.of(configuration)
        names = configuration.isGGUF ? family.ggufNames : family.tensorNames
        let reader = TensorReader(checkpoint, names: names)
        var spec = try family.makeSpec(configuration.assuming(family.defaults))
        if !givesLogits { spec.output = nil }
        let shape = try reader.shape(.embedding)
        let width = spec.embedding.size ?? spec.hiddenSize
        guard shape.count == 2, shape[1] == width, spec.vocabularySize == 0 || shape[0] == spec.vocabularySize,
            (1...Hyperparameters.largestCount).contains(shape[0])
        else {
            throw ArchitectureError(
                path: checkpoint.path, key: "tensor \(reader.name(.embedding))",
                reason: "has shape \(shape), but the configuration says [\(spec.vocabularySize), \(width)]")
        }
        spec.vocabularySize = shape[0]
        if configuration.isGGUF {
            try Self.complete(&spec, reader)
        } else if let output = spec.output, !output.sharesEmbedding, !reader.contains(.output) {
            throw ArchitectureError(
                path: checkpoint.path, key: "tensor \(reader.name(.output))",
                reason: "is missing, and tie_word_embeddings is not set")
        }
        let hasOwnOutput = !configuration.isGGUF && Self.untie(&spec, reader)
        let sourceLayers = spec.source?.layers.count ?? 0
        let layers = spec.layers.enumerated().map { max($1.fileLayer ?? $0, $1.networkFileLayer ?? 0) + 1 }.max() ?? 0
        strays = StrayTensors(checkpoint, names: names, layers: max(layers, sourceLayers))
        try rope?.apply(to: &spec, path: checkpoint.path)
        replacesFrequencies = rope?.replacesFrequencies ?? false
        self.spec = spec
        notes =
            checkpoint.notes
            + strays.notes { [family] in !otherTensors.contains($0) && !family.ignoresTensor($0) }
            + (hasOwnOutput
                ? [
                    "\(reader.name(.output)) is used as it differs from the embedding, though the configuration ties both"
                ] : [])
        // Where weights must be put together first, this would be work done twice: then it is checked while loading.
        if !checkpoint.isQuantizedFolder { try checkTensors() }
    }

    /// Puts in what GGUF files say by their tensors alone.
    private static func complete(_ spec: inout NetworkSpec, _ reader: TensorReader) throws {
        spec.output?.sharesEmbedding = !reader.contains(.output)
        spec.embedding.tokenTypes = reader.contains(.tokenTypes) ? try reader.shape(.tokenTypes).first ?? 0 : 0
        try spec.updateAttention { _, attention in
            // Pairs that do not turn are divided by so much that nothing is left.
            guard let rotary = attention.rotary, case .proportional(_, let factor) = rotary.scaling,
                reader.contains(.rotaryDivisors)
            else { return }
            let divisors = try reader.vector(.rotaryDivisors, shape: [rotary.dimensions / 2])
            let share = Float(divisors.count { $0 < 1e20 }) / Float(divisors.count)
            attention.rotary?.scaling = .proportional(share: share, factor: factor)
        }
        if spec.layerEmbedding?.rows == 0 { spec.layerEmbedding?.rows = try reader.shape(.layerTable).first ?? 0 }
        guard reader.contains(.longDivisors) else { return }
        try spec.updateAttention { _, attention in
            guard case .divisors(let short, let long, let context, let factor)? = attention.rotary?.scaling else {
                return
            }
            attention.rotary?.scaling = .divisors(
                short: try reader.vector(.shortDivisors, shape: [short.count]),
                long: try reader.vector(.longDivisors, shape: [long.count]), originalContext: context,
                attentionFactor: factor)
        }
    }

    /// Gives the network the output matrix that a folder has beside an embedding with other values, as the reference does
    /// whatever the configuration says.
    private static func untie(_ spec: inout NetworkSpec, _ reader: TensorReader) -> Bool {
        guard spec.output?.sharesEmbedding == true, reader.contains(.output),
            !reader.areEqual(.output, .embedding)
        else { return false }
        spec.output?.sharesEmbedding = false
        return true
    }

    var adapterReader: AdapterReader? {
        var isGGUF = false
        if case .gguf = checkpoint.metadata { isGGUF = true }
        return adapter.map { AdapterReader($0, family: family, isGGUF: isGGUF) }
    }

    /// Goes through all weights without reading them.
    private func checkTensors() throws {
        let adapter = adapterReader
        let reader = TensorReader(checkpoint, names: names, adapter: adapter, isCheck: true)
        _ = try NetworkWeights(spec, from: reader, maker: ParameterCheck())
        try check(reader, adapter)
    }

    /// Refuses tensors that have no place, of the model and of the adapter: leaving them out would give another model.
    private func check(_ reader: TensorReader, _ adapter: AdapterReader?) throws {
        // Older checkpoints carry what follows from the configuration; a shared output may be stored all the same.
        let derived = [
            "inv_freq", "cos_cached", "sin_cached", ".masked_bias", ".attn.bias", ".attention.bias", "position_ids",
            "rope_factors_short.weight", "rope_factors_long.weight",
        ]
        let output = reader.name(.output)
        let outputBias = spec.output == nil ? String(output.dropLast(6)) + "bias" : output
        let unread = reader.unreadTensor { name in
            name == output || name == outputBias || otherTensors.contains(name)
                || derived.contains { name.hasSuffix($0) }
                || family.ignoresTensor(name) || strays.contains(name)
        }
        if let unread {
            throw ArchitectureError(
                path: checkpoint.path, key: "tensor \(unread)",
                reason: "has no place in \(family.name) as the configuration describes it; this kind of model is not "
                    + "supported")
        }
        try adapter?.checkForUnused()
    }

    /// Reads all tensors. Pages of the file are given back as soon as a matrix is packed.
    package func load<Ops: Operations>(_ operations: Ops, pool: ThreadPool? = nil) throws -> Network<Ops> {
        let adapter = adapterReader
        let reader = TensorReader(checkpoint, names: names, adapter: adapter, pool: pool)
        var weights = try NetworkWeights(spec, from: reader, maker: operations)
        if replacesFrequencies { weights.rotaryDivisors = nil }
        if checkpoint.isQuantizedFolder { try check(reader, adapter) }
        return Network(spec: spec, weights: weights, operations: operations)
    }
}
