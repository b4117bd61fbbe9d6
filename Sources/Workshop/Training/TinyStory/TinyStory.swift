import Checkpoints
import Decoding
import Essentials
import Files
import JSONValues
import Tensors
import Tokenization

/// All that it takes to train a small model from scratch: stories, a tokenizer, the model's shape, and a recipe.
package struct TinyStory: Sendable {
    /// The number of stories.
    package var stories = 20_000
    package var seed: UInt64 = 1
    /// The most tokens that the vocabulary may have.
    package var vocabularySize = 1024
    /// The width of the stream, the blocks, and the heads of each.
    package var hiddenSize = 128
    package var layers = 4
    package var heads = 4

    package init() {}

    /// Writes `stories.txt`, `model/` and `recipe.yaml` into a folder.
    ///
    /// - Throws: `FileError` or `CheckpointError`.
    package func write(to folder: String) throws {
        var maker = StoryMaker(SeededGenerator(seed: seed))
        let stories = (0..<stories).map { _ in maker.next() }
        try FileSystem.createFolder(folder + "/model")
        try write(stories.joined(separator: "\n<|endoftext|>\n") + "\n", to: folder + "/stories.txt")
        let training = BytePairTraining(vocabularySize: vocabularySize, specialTokens: ["<|endoftext|>"])
        let tokenizer = training.tokenizer(of: stories)
        try write(tokenizer.json.text() + "\n", to: folder + "/model/tokenizer.json")
        try write(
            #"{"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>"}"# + "\n",
            to: folder + "/model/tokenizer_config.json")
        try write(configuration(tokenizer.vocabularySize).text(.pretty) + "\n", to: folder + "/model/config.json")
        try SafetensorsWriter.write(
            weights(tokenizer.vocabularySize), metadata: ["format": "pt"], to: folder + "/model/model.safetensors")
        try write(Self.recipe, to: folder + "/recipe.yaml")
    }

    private func write(_ text: String, to path: String) throws { try AtomicFile.write(Array(text.utf8), to: path) }

    private var feedForwardSize: Int { hiddenSize * 8 / 3 / 32 * 32 }

    private func configuration(_ vocabularySize: Int) -> JSON {
        [
            "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": .integer(vocabularySize),
            "hidden_size": .integer(hiddenSize), "intermediate_size": .integer(feedForwardSize),
            "num_hidden_layers": .integer(layers), "num_attention_heads": .integer(heads),
            "num_key_value_heads": .integer(heads), "max_position_embeddings": 512, "rms_norm_eps": 1e-5,
            "rope_theta": 10000.0, "hidden_act": "silu", "tie_word_embeddings": true, "bos_token_id": 0,
            "eos_token_id": 0, "torch_dtype": "float32", "attention_bias": false, "mlp_bias": false,
        ]
    }

    /// Random weights: matrices are normal with a deviation of 0.02, those that write into the stream with less the more blocks
    /// there are (as GPT-2's are), and norms are 1.
    private func weights(_ vocabularySize: Int) -> [TensorSource] {
        var generator = SeededGenerator(seed: seed &+ 1)
        func matrix(_ name: String, _ rows: Int, _ columns: Int, isLast: Bool = false) -> TensorSource {
            let deviation = 0.02 / (isLast ? (2 * Double(layers)).squareRoot() : 1)
            let values = (0..<rows * columns).map { _ in Float(generator.nextNormal() * deviation) }
            return tensor(name, [rows, columns], values)
        }
        func tensor(_ name: String, _ shape: [Int], _ values: [Float]) -> TensorSource {
            TensorSource(name: name, dataType: .f32, shape: shape, bytes: values.withUnsafeBytes { Array($0) })
        }
        func norm(_ name: String) -> TensorSource {
            tensor(name, [hiddenSize], [Float](repeating: 1, count: hiddenSize))
        }
        var tensors = [matrix("model.embed_tokens.weight", vocabularySize, hiddenSize)]
        for layer in 0..<layers {
            let prefix = "model.layers.\(layer)."
            tensors.append(norm(prefix + "input_layernorm.weight"))
            for name in ["q_proj", "k_proj", "v_proj", "o_proj"] {
                tensors.append(
                    matrix("\(prefix)self_attn.\(name).weight", hiddenSize, hiddenSize, isLast: name == "o_proj"))
            }
            tensors.append(norm(prefix + "post_attention_layernorm.weight"))
            tensors.append(matrix(prefix + "mlp.gate_proj.weight", feedForwardSize, hiddenSize))
            tensors.append(matrix(prefix + "mlp.up_proj.weight", feedForwardSize, hiddenSize))
            tensors.append(matrix(prefix + "mlp.down_proj.weight", hiddenSize, feedForwardSize, isLast: true))
        }
        return tensors + [norm("model.norm.weight")]
    }

    static let recipe = """
        # A small Llama learns to tell stories, from random weights on.
        base_model: ./model
        datasets:
          - path: stories.txt
            type: completion
        val_set_size: 100
        eval_steps: 200

        sequence_len: 256
        sample_packing: true
        micro_batch_size: 8
        max_steps: 600

        optimizer: adamw
        learning_rate: 3e-3
        lr_scheduler: cosine
        cosine_min_lr_ratio: 0.1
        warmup_steps: 30
        weight_decay: 0.1
        adam_beta2: 0.99
        max_grad_norm: 1.0

        output_dir: ./out
        save_steps: 200
        save_total_limit: 1
        logging_steps: 20
        auto_resume_from_checkpoints: true

        """
}
