import Files
import OrderedCollections
import Tensors

/// The weights of a file of llama2.c under the names of Hugging Face's Llama models, where they lie in the file.
///
/// Those of version 2 are signed bytes `NAME.weight` with `NAME.weight_scale` [rows, groups] beside them, as
/// compressed-tensors names them, so that `Checkpoint.matrix(named:)` puts them together.
struct Llama2cFile {
    private(set) var tensors: OrderedDictionary<String, StoredTensor> = [:]
    private var cursor: FileCursor
    private let header: Llama2cHeader

    init(_ file: MappedFile, header: Llama2cHeader) throws(CheckpointError) {
        self.header = header
        cursor = FileCursor(file: file)
        try cursor.skip(header.byteCount)
        for part in header.version == 0 ? Part.original : Part.norms + Part.matrices {
            try read(part)
        }
        if header.version == 0 { try cursor.skip(4 * header.contextLength * header.headSize) }
        if !header.sharesEmbedding { try read(.output) }
        guard cursor.remaining == 0 else {
            throw cursor.error(
                "\(cursor.remaining) bytes follow the last tensor of the sizes in the header",
                remedy: "This is no file of llama2.c, or a damaged one")
        }
    }

    /// What the file holds for all layers, one after another.
    private enum Part {
        case embedding, inputNorms, queries, keys, values, outputs, postNorms, gates, downs, ups, norm, output

        /// The order of version 0.
        static let original: [Part] = [
            .embedding, .inputNorms, .queries, .keys, .values, .outputs, .postNorms, .gates, .downs, .ups, .norm,
        ]
        /// The order of the others: what stays in f32 first.
        static let norms: [Part] = [.inputNorms, .postNorms, .norm]
        static let matrices: [Part] = [.embedding, .queries, .keys, .values, .outputs, .gates, .downs, .ups]
    }

    private mutating func read(_ part: Part) throws(CheckpointError) {
        let (hidden, inner, keyValue) = (header.hiddenSize, header.intermediateSize, header.keyValueSize)
        switch part {
        case .embedding: try read("model.embed_tokens", [header.vocabularySize, hidden])
        case .output: try read("lm_head", [header.vocabularySize, hidden])
        case .norm: try read("model.norm", [hidden])
        case .inputNorms: try readLayers("input_layernorm", [hidden])
        case .postNorms: try readLayers("post_attention_layernorm", [hidden])
        case .queries: try readLayers("self_attn.q_proj", [hidden, hidden])
        case .keys: try readLayers("self_attn.k_proj", [keyValue, hidden])
        case .values: try readLayers("self_attn.v_proj", [keyValue, hidden])
        case .outputs: try readLayers("self_attn.o_proj", [hidden, hidden])
        case .gates: try readLayers("mlp.gate_proj", [inner, hidden])
        case .downs: try readLayers("mlp.down_proj", [hidden, inner])
        case .ups: try readLayers("mlp.up_proj", [inner, hidden])
        }
    }

    private mutating func readLayers(_ name: String, _ shape: [Int]) throws(CheckpointError) {
        for layer in 0..<header.layers { try read("model.layers.\(layer).\(name)", shape) }
    }

    private mutating func read(_ name: String, _ shape: [Int]) throws(CheckpointError) {
        guard header.version == 2, shape.count == 2 else { return try store("\(name).weight", .f32, shape) }
        try store("\(name).weight", .i8, shape)
        try store("\(name).weight_scale", .f32, [shape[0], shape[1] / header.groupSize])
    }

    private mutating func store(_ name: String, _ type: DataType, _ shape: [Int]) throws(CheckpointError) {
        let start = cursor.offset
        // Sizes of up to 2^24 each do not overflow.
        try cursor.skip(shape.reduce(type.blockByteCount, *))
        tensors[name] = StoredTensor(
            name: name, dataType: type, shape: shape, file: cursor.file, byteRange: start..<cursor.offset)
    }
}

extension Checkpoint {
    /// Opens a file of llama2.c, or returns nil if it is none; its configuration is made from its header.
    static func openLlama2c(_ file: MappedFile) throws(CheckpointError) -> Checkpoint? {
        guard let header = try Llama2cHeader(file) else { return nil }
        let folder = file.path.lastIndex(of: "/").map { String(file.path[..<$0]) } ?? "."
        return Checkpoint(
            path: file.path, tensors: try Llama2cFile(file, header: header).tensors,
            metadata: .huggingFace(HuggingFaceConfiguration(folder: folder, config: header.configuration)),
            format: .llama2c)
    }
}
