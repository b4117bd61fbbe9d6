import Tensors

/// Puts the weights of a network together in the shapes that its spec asks for.
struct WeightAssembler<Matrix> {
    typealias Weights = NetworkWeights<Matrix>
    typealias Layer = Weights.Layer

    let spec: NetworkSpec
    let reader: TensorReader
    /// Makes a matrix of its rows, its bias, and what an adapter adds.
    let make: (MatrixSource, [Float]?, LowRankUpdate?) -> Matrix

    var hidden: Int { spec.hiddenSize }

    func assemble() throws -> Weights {
        let width = spec.embedding.size ?? hidden
        // The largest matrix first: while it is packed its file pages are in memory too.
        let output = try spec.output.map { output in
            try matrix(
                output.sharesEmbedding ? .embedding : .output, adaptedAs: .output, 0, [spec.vocabularySize, width],
                bias: output.hasBias ? .output : nil)
        }
        var layers: [Layer] = []
        var indices: [Int: Int] = [:]
        for (index, layer) in spec.layers.enumerated() {
            let fileLayer = layer.fileLayer ?? index
            if let shared = indices[fileLayer] {
                layers.append(layers[shared])
            } else {
                indices[fileLayer] = index
                layers.append(try self.layer(layer, fileLayer))
            }
        }
        let projects = width != hidden
        return Weights(
            embedding: try reader.table(.embedding, shape: [spec.vocabularySize, width]),
            embeddingProjection: projects ? try matrix(.embeddingProjection, 0, [hidden, width]) : nil,
            positions: try spec.embedding.positions.map {
                try reader.table(.positions, shape: [$0.rows, hidden])
            },
            tokenTypes: spec.embedding.tokenTypes == 0
                ? nil : try reader.table(.tokenTypes, shape: [spec.embedding.tokenTypes, width]),
            embeddingNorm: try norm(spec.embedding.norm, .embeddingNorm, 0), layers: layers,
            finalNorm: try norm(spec.finalNorm, .finalNorm, 0),
            outputProjection: projects && spec.output != nil
                ? try matrix(.outputProjection, 0, [width, hidden]) : nil,
            output: output, rotaryDivisors: try rotaryDivisors(), distanceBias: try distanceBias())
    }

    private func layer(_ layer: LayerSpec, _ index: Int) throws -> Layer {
        Layer(
            mixerNorm: try norm(layer.mixerNorm, .mixerNorm, index), mixer: try mixer(layer.mixer, index),
            mixerOutputNorm: try norm(layer.mixerOutputNorm, .mixerOutputNorm, index),
            feedForwardNorm: try norm(layer.feedForwardNorm, .feedForwardNorm, index),
            feedForward: try layer.feedForward.map { try feedForward($0, index) },
            feedForwardOutputNorm: try norm(layer.feedForwardOutputNorm, .feedForwardOutputNorm, index))
    }

    private func mixer(_ mixer: MixerSpec, _ index: Int) throws -> Weights.Mixer {
        switch mixer {
        case .attention(let spec): .attention(try attention(spec, index))
        case .latentAttention(let spec): .latentAttention(try latentAttention(spec, index))
        case .attentionMixture(let spec, let routing): .attentionMixture(try attentionMixture(spec, routing, index))
        case .selectiveScan(let spec): .selectiveScan(try selectiveScan(spec, index))
        case .fadingAverage(let size): .fadingAverage(try fadingAverage(size, index))
        case .matrixRecurrence(let spec): .matrixRecurrence(try matrixRecurrence(spec, index))
        }
    }

    /// Factors that divide the rotary frequencies, where a GGUF file brings them.
    private func rotaryDivisors() throws -> [Float]? {
        guard reader.contains(.rotaryDivisors), let rotary = spec.layers.lazy.compactMap(\.mixer.rotary).first else {
            return nil
        }
        let divisors = try reader.vector(.rotaryDivisors, shape: [rotary.dimensions / 2])
        guard divisors.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw ArchitectureError(
                path: reader.checkpoint.path, key: "tensor \(reader.name(.rotaryDivisors))",
                reason: "holds a value that is not positive")
        }
        return divisors
    }

    private func distanceBias() throws -> [Float] {
        guard spec.distanceBuckets > 0, let heads = spec.queryHeads else { return [] }
        return try reader.vector(.distanceBias, shape: [spec.distanceBuckets, heads])
    }

    // MARK: Parts that all kinds of layers have

    /// A matrix `[shape[0], shape[1]]`; with `bias` also that role's bias.
    func matrix(
        _ role: TensorRole, adaptedAs other: TensorRole? = nil, _ layer: Int, expert: Int? = nil, of experts: Int = 1,
        _ shape: [Int], rows: TensorReader.Rows? = nil, bias: TensorRole? = nil
    ) throws -> Matrix {
        let (source, update) = try reader.matrix(
            role, adaptedAs: other, layer: layer, expert: expert, of: experts, shape: shape, rows: rows)
        let values = try reader.bias(
            bias ?? other ?? role, layer: layer, number: expert ?? 0, isStored: bias != nil, count: shape[0], rows: rows
        )
        defer { if expert == nil { reader.releasePages(role, layer: layer) } }
        return make(source, values, update)
    }

    func norm(
        _ norm: NormSpec?, _ role: TensorRole, _ layer: Int, size: Int? = nil, heads: Int = 1
    ) throws -> NormWeights {
        guard let norm else { return NormWeights() }
        func values(_ part: TensorNames.Part) throws -> [Float] {
            let size = size ?? hidden
            if heads > 1, reader.isNumbered(role) {
                return try (0..<heads).flatMap {
                    try reader.vector(role, layer: layer, number: $0, part, shape: [size])
                }
            }
            return try reader.vector(role, layer: layer, part, shape: heads > 1 ? [heads, size] : [size])
        }
        return NormWeights(
            weight: norm.hasWeight ? try values(.weight).map { $0 + norm.weightOffset } : [],
            bias: norm.hasBias ? try values(.bias) : [])
    }
}
