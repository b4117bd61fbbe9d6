import Tensors

extension WeightAssembler {
    /// Which of queries, keys and values, for tensors that hold all three.
    private func rows(_ shape: AttentionShape, _ index: Int) -> TensorReader.Rows {
        let (queries, keys) = (shape.heads * shape.headSize, shape.keyValueHeads * shape.headSize)
        return TensorReader.Rows(
            counts: [queries, keys, shape.keyValueHeads * shape.valueSize], index: index, groups: shape.keyValueHeads)
    }

    func attention(_ spec: AttentionSpec, _ layer: Int) throws -> Weights.Attention {
        let shape = spec.shape
        func input(_ role: TensorRole, _ index: Int) throws -> Matrix {
            let rows = rows(shape, index)
            return try matrix(
                role, layer, [rows.counts[index], hidden], rows: rows, bias: spec.hasInputBias ? role : nil)
        }
        return Weights.Attention(
            query: try input(.query, 0), key: try input(.key, 1), value: try input(.value, 2),
            output: try matrix(
                .attentionOutput, layer, [hidden, shape.heads * shape.valueSize],
                bias: spec.hasOutputBias ? .attentionOutput : nil),
            queryNorm: try headNorm(spec.headNorm, .queryNorm, layer, shape.heads, shape.headSize),
            keyNorm: try headNorm(spec.headNorm, .keyNorm, layer, shape.keyValueHeads, shape.headSize))
    }

    private func headNorm(
        _ spec: HeadNormSpec?, _ role: TensorRole, _ layer: Int, _ heads: Int, _ size: Int
    ) throws -> NormWeights {
        guard let spec else { return NormWeights() }
        switch spec.extent {
        case .head: return try norm(spec.norm, role, layer, size: size)
        case .everyHead: return try norm(spec.norm, role, layer, size: size, heads: heads)
        case .row: return try norm(spec.norm, role, layer, size: heads * size)
        }
    }

    func latentAttention(_ spec: LatentAttentionSpec, _ layer: Int) throws -> Weights.LatentAttention {
        let (shape, heads) = (spec.shape, spec.shape.heads)
        let queryInputs = spec.queryRank ?? hidden
        // The rows of each query head, the rotated channels first; files have them last.
        let order = (0..<heads).flatMap { head in
            let (start, end) = (head * shape.headSize, (head + 1) * shape.headSize)
            return [start + spec.plainSize..<end, start..<start + spec.plainSize]
        }
        let role = spec.queryRank == nil ? TensorRole.query : .queryUp
        var (query, update) = try reader.matrix(role, layer: layer, shape: [heads * shape.headSize, queryInputs])
        query = query.rows(order)
        update = update?.rows(order)
        func latent(_ index: Int) throws -> Matrix {
            let rows = TensorReader.Rows(counts: [spec.keyValueRank, spec.rotatedSize], index: index)
            return try matrix(
                .latent, layer, [rows.counts[index], hidden], rows: rows, bias: spec.hasBias ? .latent : nil)
        }
        func expanded(_ index: Int) throws -> Matrix {
            if reader.contains(.keyUp, layer: layer) { return try separate(index, spec, layer) }
            let rows = TensorReader.Rows(
                counts: [heads * spec.plainSize, heads * shape.valueSize], index: index, groups: heads)
            return try matrix(.keyValueUp, layer, [rows.counts[index], spec.keyValueRank], rows: rows)
        }
        return Weights.LatentAttention(
            queryDown: try spec.queryRank.map {
                try matrix(.queryDown, layer, [$0, hidden], bias: spec.hasBias ? .queryDown : nil)
            },
            queryUp: make(query, nil, update),
            queryNorm: try spec.queryRank.map { try norm(spec.norm, .queryDownNorm, layer, size: $0) } ?? NormWeights(),
            latent: try latent(0), rotatedKey: try latent(1),
            latentNorm: try norm(spec.norm, .latentNorm, layer, size: spec.keyValueRank),
            key: try expanded(0), value: try expanded(1),
            output: try matrix(
                .attentionOutput, layer, [hidden, heads * shape.valueSize],
                bias: spec.hasBias ? .attentionOutput : nil))
    }

    /// Keys' and values' matrices as newer GGUF files have them: each in a tensor of its own, the keys' transposed by head.
    private func separate(_ index: Int, _ spec: LatentAttentionSpec, _ layer: Int) throws -> Matrix {
        let (heads, rank) = (spec.shape.heads, spec.keyValueRank)
        if index == 1 { return try matrix(.valueUp, layer, [heads * spec.shape.valueSize, rank]) }
        let (source, _) = try reader.matrix(.keyUp, layer: layer, shape: [heads * rank, spec.plainSize])
        let parts = (0..<heads).compactMap { source.rows([$0 * rank..<($0 + 1) * rank]).transposedValues() }
        guard parts.count == heads, let joined = MatrixSource.concatenating(parts) else {
            throw ArchitectureError(
                path: reader.checkpoint.path, key: "tensor \(reader.name(.keyUp, layer: layer))",
                reason: "cannot be brought into the order of its heads")
        }
        return make(joined, nil, nil)
    }

    func attentionMixture(
        _ spec: AttentionSpec, _ routing: RoutingSpec, _ layer: Int
    ) throws -> Weights.AttentionMixture {
        let size = spec.shape.keyValueHeads * spec.shape.headSize
        func projection(_ role: TensorRole, _ index: Int) throws -> Matrix {
            try matrix(role, layer, [size, hidden], rows: TensorReader.Rows(counts: [size, size], index: index))
        }
        func experts(_ role: TensorRole, _ shape: [Int]) throws -> [Matrix] {
            try (0..<routing.experts).map { try matrix(role, layer, expert: $0, of: routing.experts, shape) }
        }
        return Weights.AttentionMixture(
            router: try matrix(.attentionRouter, layer, [routing.experts, hidden]),
            queries: try experts(.query, [size, hidden]), outputs: try experts(.attentionOutput, [hidden, size]),
            key: try projection(.key, 0), value: try projection(.value, 1),
            outputBias: try reader.vector(.attentionOutputBias, layer: layer, .bias, shape: [hidden]))
    }
}
