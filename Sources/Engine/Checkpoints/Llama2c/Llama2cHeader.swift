import Files
import JSONValues

/// The header of a file of llama2.c (https://github.com/karpathy/llama2.c, `export.py`): version 0 has none of its own,
/// only the sizes; 1 (f32) and 2 (8 bits in groups) begin with "ak42".
struct Llama2cHeader {
    let version: Int
    let hiddenSize: Int
    let intermediateSize: Int
    let layers: Int
    let heads: Int
    let keyValueHeads: Int
    let vocabularySize: Int
    let contextLength: Int
    let sharesEmbedding: Bool
    /// The columns that share a scale; version 2 only.
    let groupSize: Int
    /// Where the weights begin.
    let byteCount: Int

    var headSize: Int { hiddenSize / heads }
    var keyValueSize: Int { headSize * keyValueHeads }

    private static let magic: UInt32 = 0x616B_3432

    /// Reads the header, or nil if the file does not begin like one of llama2.c.
    init?(_ file: MappedFile) throws(CheckpointError) {
        guard file.count >= 28 else { return nil }
        var cursor = FileCursor(file: file)
        if try cursor.read(UInt32.self) == Self.magic {
            let version = try cursor.read(Int32.self)
            guard version == 1 || version == 2 else {
                throw cursor.error(
                    "version \(version) of llama2.c's format is not read", at: "offset 4",
                    remedy: "Export the model as version 0, 1 or 2")
            }
            self.version = Int(version)
        } else {
            version = 0
            cursor = FileCursor(file: file)
        }
        var sizes: [Int] = []
        for _ in 0..<7 { sizes.append(Int(try cursor.read(Int32.self))) }
        // Version 0 says with a negative size that the output has weights of its own.
        sharesEmbedding = version == 0 ? sizes[5] > 0 : try cursor.read(UInt8.self) != 0
        groupSize = version == 2 ? Int(try cursor.read(Int32.self)) : 1
        byteCount = version == 0 ? 28 : 256
        (hiddenSize, intermediateSize, layers, heads) = (sizes[0], sizes[1], sizes[2], sizes[3])
        (keyValueHeads, vocabularySize, contextLength) = (sizes[4], abs(sizes[5]), sizes[6])
        let isPlausible =
            [hiddenSize, intermediateSize, layers, heads, keyValueHeads, vocabularySize, contextLength, groupSize]
            .allSatisfy { (1...1 << 24).contains($0) } && hiddenSize % heads == 0 && headSize % 2 == 0
            && heads % keyValueHeads == 0 && hiddenSize % groupSize == 0 && intermediateSize % groupSize == 0
        guard isPlausible else {
            if version == 0 { return nil }
            throw cursor.error("the sizes \(sizes) and the group \(groupSize) are impossible", at: "offset 8")
        }
    }

    /// The same as a `config.json` of the Llama family.
    ///
    /// `rope_interleave` says that rotary positions turn neighbouring channels, as Meta's weights are laid out and unlike
    /// those of Hugging Face's Llama models: the weights stay in the file as they are.
    var configuration: JSON {
        [
            "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": .integer(hiddenSize),
            "intermediate_size": .integer(intermediateSize), "num_hidden_layers": .integer(layers),
            "num_attention_heads": .integer(heads), "num_key_value_heads": .integer(keyValueHeads),
            "vocab_size": .integer(vocabularySize), "max_position_embeddings": .integer(contextLength),
            "tie_word_embeddings": .bool(sharesEmbedding), "rope_interleave": true, "rope_theta": 10000,
            "rms_norm_eps": 1e-5, "hidden_act": "silu", "bos_token_id": 1, "eos_token_id": 2,
        ]
    }
}
