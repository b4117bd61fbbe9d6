public import Checkpoints
public import Tensors

/// Finds the family of a checkpoint and brings its tensors into a decoder.
public struct DecoderLoader: Sendable {
    /// The checkpoint.
    public let checkpoint: Checkpoint
    /// The family that its configuration names.
    public let family: Family
    /// What the model consists of.
    public let spec: DecoderSpec
    private let names: TensorNames

    /// Reads the configuration; no tensor is touched yet.
    public init(_ checkpoint: Checkpoint) throws {
        self.checkpoint = checkpoint
        let configuration: Hyperparameters
        switch checkpoint.metadata {
        case .gguf(let metadata):
            guard let architecture = try metadata.string("general.architecture") else {
                throw ArchitectureError(
                    path: checkpoint.path, key: "metadata key general.architecture", reason: "is missing")
            }
            configuration = Hyperparameters(
                source: .gguf(metadata, architecture: architecture), path: checkpoint.path)
            family = try Self.family(architecture, in: checkpoint, \.ggufArchitectures)
            names = .gguf
        case .huggingFace(let files):
            configuration = Hyperparameters(source: .huggingFace(files.config), path: checkpoint.path)
            let type = try configuration.text(.init("model_type", gguf: "")) ?? "(none)"
            family = try Self.family(type, in: checkpoint, \.modelTypes)
            names = family.tensorNames
        case .bare:
            throw ArchitectureError(
                path: checkpoint.path, key: "config.json", reason: "is missing, and no family is known by its tensors")
        }
        var spec = try family.makeSpec(configuration)
        let embedding = try Self.tensor(names.name(.embedding), in: checkpoint)
        let rows = embedding.shape.first ?? 0
        guard embedding.shape == [rows, spec.hiddenSize], rows >= spec.vocabularySize,
            (1...Hyperparameters.largestCount).contains(rows)
        else {
            throw ArchitectureError(
                path: checkpoint.path, key: "tensor \(embedding.name)",
                reason: "has shape \(embedding.shape), but the configuration says "
                    + "[\(spec.vocabularySize), \(spec.hiddenSize)]")
        }
        spec.vocabularySize = rows
        if checkpoint.tensors[names.name(.output)] == nil {
            guard configuration.isGGUF || spec.sharesEmbedding else {
                throw ArchitectureError(
                    path: checkpoint.path, key: "tensor \(names.name(.output))",
                    reason: "is missing, and tie_word_embeddings is not set")
            }
            spec.sharesEmbedding = true
        }
        self.spec = spec
    }

    private static func family(
        _ name: String, in checkpoint: Checkpoint, _ names: KeyPath<Family, [String]>
    ) throws -> Family {
        if let family = Family.all.first(where: { $0[keyPath: names].contains(name) }) { return family }
        let known = Family.all.flatMap { $0[keyPath: names] }.joined(separator: ", ")
        throw ArchitectureError(
            path: checkpoint.path, reason: "the architecture \(name) is not supported; supported are \(known)")
    }

    private static func tensor(_ name: String, in checkpoint: Checkpoint) throws -> StoredTensor {
        guard let tensor = checkpoint.tensors[name] else {
            throw ArchitectureError(
                path: checkpoint.path, key: "tensor \(name)", reason: "is missing; the file may be incomplete")
        }
        return tensor
    }

    /// Refuses tensors that the family has no place for: leaving them out would give another model.
    private func checkForUnknownTensors() throws {
        var known: Set = [
            names.name(.embedding), names.name(.finalNorm), names.name(.output), Self.rotaryDivisorsName,
        ]
        for (index, layer) in spec.layers.enumerated() {
            let roles: [TensorRole] = [
                .mixerNorm, .query, .key, .value, .attentionOutput, .feedForwardNorm, .gate, .up, .down,
            ]
            known.formUnion(roles.map { names.name($0, layer: index) })
            if case .attention(let attention) = layer.mixer {
                let inputs = [TensorRole.query, .key, .value].map { names.name($0, layer: index, .bias) }
                if attention.hasInputBias { known.formUnion(inputs) }
                if attention.hasOutputBias { known.insert(names.name(.attentionOutput, layer: index, .bias)) }
            }
        }
        // Older checkpoints carry the rotary frequencies, which follow from the configuration.
        let unknown = checkpoint.tensors.keys.first { !known.contains($0) && !$0.hasSuffix(".rotary_emb.inv_freq") }
        if let unknown {
            throw ArchitectureError(
                path: checkpoint.path, key: "tensor \(unknown)",
                reason:
                    "has no place in \(family.name) as the configuration describes it; this kind of model is not supported"
            )
        }
    }

    private static let rotaryDivisorsName = "rope_freqs.weight"

    /// Factors that divide the rotary frequencies, where a GGUF file brings them.
    private func rotaryDivisors() throws -> [Float]? {
        guard let tensor = checkpoint.tensors[Self.rotaryDivisorsName],
            case .attention(let attention)? = spec.layers.first?.mixer
        else { return nil }
        let divisors = try vector(tensor.name, count: attention.rotary.dimensions / 2)
        guard divisors.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw ArchitectureError(
                path: checkpoint.path, key: "tensor \(tensor.name)", reason: "holds a value that is not positive")
        }
        return divisors
    }

    /// Reads all tensors. Pages of the file are given back as soon as a matrix is packed.
    public func load<Ops: Operations>(_ operations: Ops) throws -> Decoder<Ops> {
        try checkForUnknownTensors()
        let (hidden, vocabulary) = (spec.hiddenSize, spec.vocabularySize)
        let embedding = try Self.tensor(names.name(.embedding), in: checkpoint)
        // The largest matrix first: while it is packed its file pages are in memory too.
        let output = try matrix(spec.sharesEmbedding ? .embedding : .output, 0, [vocabulary, hidden], operations)
        let layers = try spec.layers.enumerated().map { try layer($0.offset, $0.element, operations) }
        let weights = DecoderWeights<Ops.Matrix>(
            embedding: try source(embedding, shape: [vocabulary, hidden]), layers: layers,
            finalNorm: try vector(names.name(.finalNorm), count: hidden),
            output: output,
            rotaryDivisors: try rotaryDivisors())
        return Decoder(spec: spec, weights: weights, operations: operations)
    }

    private func layer<Ops: Operations>(
        _ index: Int, _ layer: LayerSpec, _ operations: Ops
    ) throws -> DecoderWeights<Ops.Matrix>.Layer {
        DecoderWeights.Layer(
            mixerNorm: try vector(names.name(.mixerNorm, layer: index), count: spec.hiddenSize),
            mixer: try mixer(index, layer.mixer, operations),
            feedForwardNorm: try vector(names.name(.feedForwardNorm, layer: index), count: spec.hiddenSize),
            feedForward: try feedForward(index, layer.feedForward, operations))
    }

    private func mixer<Ops: Operations>(
        _ index: Int, _ mixer: MixerSpec, _ operations: Ops
    ) throws -> DecoderWeights<Ops.Matrix>.Mixer {
        switch mixer {
        case .attention(let attention):
            let (shape, hidden) = (attention.shape, spec.hiddenSize)
            func input(_ role: TensorRole, heads: Int) throws -> Ops.Matrix {
                try matrix(role, index, [heads * shape.headSize, hidden], bias: attention.hasInputBias, operations)
            }
            return .attention(
                query: try input(.query, heads: shape.heads), key: try input(.key, heads: shape.keyValueHeads),
                value: try input(.value, heads: shape.keyValueHeads),
                output: try matrix(
                    .attentionOutput, index, [hidden, shape.heads * shape.headSize], bias: attention.hasOutputBias,
                    operations))
        }
    }

    private func feedForward<Ops: Operations>(
        _ index: Int, _ network: FeedForwardSpec, _ operations: Ops
    ) throws -> DecoderWeights<Ops.Matrix>.FeedForward {
        switch network {
        case .gatedSiLU(let size):
            .gated(
                gate: try matrix(.gate, index, [size, spec.hiddenSize], operations),
                up: try matrix(.up, index, [size, spec.hiddenSize], operations),
                down: try matrix(.down, index, [spec.hiddenSize, size], operations))
        }
    }

    private func matrix<Ops: Operations>(
        _ role: TensorRole, _ layer: Int, _ shape: [Int], bias: Bool = false, _ operations: Ops
    ) throws -> Ops.Matrix {
        let tensor = try Self.tensor(names.name(role, layer: layer), in: checkpoint)
        let values = bias ? try vector(names.name(role, layer: layer, .bias), count: shape[0]) : nil
        defer { tensor.file.advise(.dontNeed, tensor.byteRange) }
        return operations.makeMatrix(try source(tensor, shape: shape), bias: values)
    }

    private func vector(_ name: String, count: Int) throws -> [Float] {
        let tensor = try Self.tensor(name, in: checkpoint)
        return try source(tensor, shape: [count]).decoded()
    }

    private func source(_ tensor: StoredTensor, shape: [Int]) throws -> MatrixSource {
        guard tensor.shape == shape else {
            throw ArchitectureError(
                path: checkpoint.path, key: "tensor \(tensor.name)",
                reason: "has shape \(tensor.shape), but the configuration says \(shape)")
        }
        let (rows, columns) = shape.count == 2 ? (shape[0], shape[1]) : (1, shape[0])
        let bytes = tensor.withUnsafeBytes { $0 }
        guard
            let source = MatrixSource(
                dataType: tensor.dataType, rows: rows, columns: columns, bytes: bytes, owner: tensor.file)
        else {
            throw ArchitectureError(
                path: checkpoint.path, key: "tensor \(tensor.name)",
                reason: "is stored as \(tensor.dataType.name), which holds no weights, or its rows are not whole blocks"
            )
        }
        return source
    }
}
