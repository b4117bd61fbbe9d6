package import Tensors

extension NetworkLoader {
    /// What the adapter adds to each matrix of the network, in the order in which a network makes them.
    ///
    /// - Throws: `ArchitectureError` for a network or an adapter of which not everything can be added row by row.
    package func updates() throws -> [LowRankUpdate?] {
        guard let adapter else { return [] }
        func refusal(_ key: String, _ reason: String) -> ArchitectureError {
            ArchitectureError(path: adapter.path, key: key, reason: reason + "; give it when the model is loaded")
        }
        let isPlain = spec.layers.allSatisfy { layer in
            guard case .attention = layer.mixer else { return false }
            guard let network = layer.feedForward else { return true }
            if case .dense = network { return true }
            return false
        }
        // Rows of source texts and of answers are computed apart, so that a batch's rows are not those of their inputs.
        guard isPlain, spec.source == nil else {
            throw refusal("adapter", "is for \(family.name), whose adapters cannot be chosen for each text")
        }
        if let name = adapter.replacements.keys.first {
            throw refusal("adapter of \(name)", "replaces a tensor, which cannot be done for some texts only")
        }
        if let module = adapter.modules.values.first(where: { $0.isEmbedding || $0.bias != nil }) {
            throw refusal("adapter of \(module.weight)", "changes an embedding or a bias")
        }
        let collector = UpdateCollector()
        let adapterReader = adapterReader
        let reader = TensorReader(checkpoint, names: names, adapter: adapterReader, isCheck: true)
        _ = try NetworkWeights(spec, from: reader, maker: collector)
        // What leads to logits is computed for the last rows of texts only.
        if let changed = adapterReader?.nameOfModule(for: [.output, .outputProjection]) {
            throw refusal("adapter of \(changed)", "changes the output")
        }
        return collector.updates
    }
}

/// Makes nothing of parameters but a list of what adapters add to matrices.
private final class UpdateCollector: ParameterMaker {
    private(set) var updates: [LowRankUpdate?] = []

    func makeMatrix(_ source: MatrixSource, bias: [Float]?, adapter: LowRankUpdate?) { updates.append(adapter) }
    func makeVector(_ values: [Float]) {}
    func makeTable(_ source: MatrixSource) {}
}
