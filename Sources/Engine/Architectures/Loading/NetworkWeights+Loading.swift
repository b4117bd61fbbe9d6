import Checkpoints
import Tensors

extension TensorRole {
    static let embedding = TensorRole("embedding")
    static let embeddingProjection = TensorRole("embeddingProjection")
    static let positions = TensorRole("positions")
    static let tokenTypes = TensorRole("tokenTypes")
    static let embeddingNorm = TensorRole("embeddingNorm")
    static let mixerNorm = TensorRole("mixerNorm")
    static let mixerOutputNorm = TensorRole("mixerOutputNorm")
    static let feedForwardNorm = TensorRole("feedForwardNorm")
    static let feedForwardOutputNorm = TensorRole("feedForwardOutputNorm")
    static let finalNorm = TensorRole("finalNorm")
    static let outputProjection = TensorRole("outputProjection")
    static let output = TensorRole("output")
    static let rotaryDivisors = TensorRole("rotaryDivisors")
    static let shortDivisors = TensorRole("shortDivisors")
    static let longDivisors = TensorRole("longDivisors")
}

extension NetworkWeights {
    /// Puts the parameters of a network together in the shapes that its spec asks for.
    init(_ spec: NetworkSpec, from reader: TensorReader, maker: Ops) throws {
        func tensors(_ layer: Int) -> LayerTensors<Ops> {
            LayerTensors(reader: reader, maker: maker, hiddenSize: spec.hiddenSize, layer: layer)
        }
        let (outside, hidden, width) = (tensors(0), spec.hiddenSize, spec.embedding.size ?? spec.hiddenSize)
        // The largest matrix first: while it is packed its file pages are in memory too.
        output = try spec.output.map { output in
            if output.hasUnitRows { return try Self.unitRows(outside, [spec.vocabularySize, width]) }
            return try outside.matrix(
                output.sharesEmbedding ? .embedding : .output, adaptedAs: .output, [spec.vocabularySize, width],
                hasBias: output.hasBias)
        }
        layers = []
        var places: [LayerSpec: Int] = [:]
        for (index, layer) in spec.layers.enumerated() {
            var stored = layer
            stored.fileLayer = layer.fileLayer ?? index
            // Blocks that are alike and have the same weights share them in memory.
            if let place = places[stored] {
                layers.append(layers[place])
            } else {
                places[stored] = index
                layers.append(try Layer(layer, of: spec, from: tensors(stored.fileLayer ?? index)))
            }
        }
        layerEmbeddings = try spec.layerEmbedding.map {
            try LayerEmbeddings($0, layers: spec.layers.count, from: outside)
        }
        streams = try spec.alternatingUpdate.map { try AlternatingStreams($0, from: outside) }
        embedding = try outside.table(.embedding, [spec.vocabularySize, width])
        let projectsLast = spec.embedding.projectsLast
        let added = projectsLast ? width : hidden
        embeddingProjection =
            width == hidden
            ? nil : try outside.matrix(.embeddingProjection, [hidden, width], hasBias: projectsLast)
        positions = try spec.embedding.positions.map { try outside.table(.positions, [$0.rows, added]) }
        tokenTypes =
            spec.embedding.tokenTypes == 0
            ? nil : try outside.table(.tokenTypes, [spec.embedding.tokenTypes, width])
        embeddingNorm = try outside.norm(spec.embedding.norm, .embeddingNorm, size: added)
        finalNorm = try outside.norm(spec.finalNorm, .finalNorm)
        outputProjection =
            width == hidden || spec.output == nil ? nil : try outside.matrix(.outputProjection, [width, hidden])
        rotaryDivisors = try Self.rotaryDivisors(spec, outside)
        source = try spec.source.map { try Source($0, from: reader, maker: maker, hiddenSize: hidden) }
    }

    /// An output matrix of which only the directions of rows count.
    private static func unitRows(_ tensors: LayerTensors<Ops>, _ shape: [Int]) throws -> Ops.Matrix {
        let (stored, origin) = try tensors.source(.output, shape)
        let source = Ops.self == ParameterCheck.self ? stored : stored.withUnitRows(pool: tensors.reader.pool)
        guard let source else { throw tensors.error(.output, "is too large to divide its rows by their lengths") }
        return tensors.maker.makeMatrix(
            source, bias: nil, adapter: nil,
            from: MatrixOrigin(weight: origin?.changed(by: .unitRows(width: shape[1]))))
    }

    /// Factors that divide the rotary frequencies, where a GGUF file brings them.
    private static func rotaryDivisors(_ spec: NetworkSpec, _ tensors: LayerTensors<Ops>) throws -> [Float]? {
        let rotaries = spec.layers.compactMap(\.mixer.rotary)
        let isProportional = rotaries.contains { if case .proportional = $0.scaling { true } else { false } }
        guard tensors.contains(.rotaryDivisors), !isProportional, let rotary = rotaries.first else { return nil }
        let divisors = try tensors.reader.vector(.rotaryDivisors, shape: [rotary.dimensions / 2])
        guard divisors.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw tensors.error(.rotaryDivisors, "holds a value that is not positive")
        }
        return divisors
    }
}

extension NetworkWeights.Source {
    /// Puts the parameters of an encoder of source texts together; its tensors have names of their own.
    init(_ spec: SourceSpec, from reader: TensorReader, maker: Ops, hiddenSize: Int) throws {
        let own = reader.ofSource
        func tensors(_ layer: Int) -> LayerTensors<Ops> {
            LayerTensors(reader: own, maker: maker, hiddenSize: hiddenSize, layer: layer)
        }
        layers = try spec.layers.enumerated().map { try NetworkWeights.Layer($1, from: tensors($0)) }
        positions = try spec.embedding.positions.map { try tensors(0).table(.positions, [$0.rows, hiddenSize]) }
        embeddingNorm = try tensors(0).norm(spec.embedding.norm, .embeddingNorm)
        finalNorm = try tensors(0).norm(spec.finalNorm, .finalNorm)
        reader.note(usedBy: own)
    }
}

extension NetworkWeights.Layer {
    init(_ spec: LayerSpec, of network: NetworkSpec? = nil, from tensors: LayerTensors<Ops>) throws {
        self.spec = spec
        learnedResidual = try spec.learnedResidual.map { try LearnedResidual($0, from: tensors) }
        alternatingUpdate = try network?.alternatingUpdate.map { try AlternatingUpdate($0, from: tensors) }
        layerEmbedding = try network?.layerEmbedding.map { try LayerEmbeddingGate($0, from: tensors) }
        streamScale = spec.hasStreamScale ? try tensors.values(.streamScale, [1]).first : nil
        mixerStates = spec.mixer.kind.cacheLayer(hiddenSize: tensors.hiddenSize).states.count
        mixerNorm = try tensors.norm(spec.mixerNorm, .mixerNorm)
        mixer = try Mixer(spec.mixer, from: tensors)
        mixerOutputNorm = try tensors.norm(spec.mixerOutputNorm, .mixerOutputNorm)
        sourceNorm = try tensors.norm(spec.sourceNorm, .sourceNorm)
        sourceAttention = try spec.sourceAttention.map { try SourceAttention($0, from: tensors) }
        let network = spec.networkFileLayer.map(tensors.ofLayer) ?? tensors
        feedForwardNorm = try network.norm(spec.feedForwardNorm, .feedForwardNorm)
        feedForward = try spec.feedForward.map { try FeedForward($0, from: network) }
        feedForwardOutputNorm = try network.norm(spec.feedForwardOutputNorm, .feedForwardOutputNorm)
    }
}

/// Makes nothing of parameters: what is left is the check that all of them are there in their shapes.
struct ParameterCheck: ParameterMaker {
    func makeMatrix(_ source: MatrixSource, bias: [Float]?, adapter: LowRankUpdate?) {}
    func makeVector(_ values: [Float]) {}
    func makeTable(_ source: MatrixSource) {}
}
