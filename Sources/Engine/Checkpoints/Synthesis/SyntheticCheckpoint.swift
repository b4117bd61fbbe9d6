import OrderedCollections
package import Tensors

/// Random networks of given shapes, for measuring speed without anybody's weights.
///
/// The weights are of a size that keeps activations finite through any number of layers. The same sizes, type and seed
/// give the same file on every machine.
package struct SyntheticCheckpoint: Sendable {
    /// The sizes.
    package var shape: SyntheticShape
    /// How matrices are stored.
    package var dataType: DataType
    /// What the weights are drawn from.
    package var seed: UInt64

    /// Describes a network.
    package init(shape: SyntheticShape, dataType: DataType, seed: UInt64 = 0) {
        self.shape = shape
        self.dataType = dataType
        self.seed = seed
    }

    /// The types that matrices can have.
    package static let dataTypes = RandomBlocks.dataTypes

    /// Writes a GGUF file of the family Llama with a tokenizer of its own; the file appears complete or not at all.
    ///
    /// Sizes that contradict each other, or rows that are not whole blocks of the type, are errors, and so is an I/O error.
    package func write(to path: String) throws(CheckpointError) {
        if let flaw = shape.flaw { throw CheckpointError(path: path, reason: flaw) }
        for (name, width) in [("hidden", shape.hiddenSize), ("feed-forward", shape.feedForwardSize)]
        where width % dataType.blockSize != 0 {
            throw CheckpointError(
                path: path,
                reason: "the \(name) width of \(width) is not whole blocks of \(dataType.name), which hold "
                    + "\(dataType.blockSize) weights", remedy: "Choose another width or a format with blocks of 32")
        }
        var tensors: [TensorSource] = []
        for plan in plans {
            guard let blocks = RandomBlocks(dataType, deviation: plan.deviation) else {
                throw CheckpointError(path: path, reason: "there are no random weights of type \(dataType.name)")
            }
            tensors.append(
                plan.isVector
                    ? ones(plan.name, plan.columns) : matrix(plan, blocks, seed: seed &+ UInt64(tensors.count)))
        }
        try GGUFWriter.write(tensors, metadata: metadata, to: path)
    }

    /// The numbers that llama.cpp gives to files whose matrices are mostly of a type.
    private static let fileTypes: [DataType: UInt32] = [
        .f32: 0, .f16: 1, .q4x0: 2, .q4x1: 3, .q8x0: 7, .q5x0: 8, .q5x1: 9, .q2K: 10, .q3K: 12, .q4K: 15, .q5K: 17,
        .q6K: 18, .iq4NL: 25, .iq4XS: 30, .bf16: 32, .mxfp4: 38,
    ]

    private var metadata: OrderedDictionary<String, GGUFValue> {
        var metadata: OrderedDictionary<String, GGUFValue> = [
            "general.architecture": .string("llama"),
            "general.name": .string("synthetic"),
            "general.file_type": .uint32(Self.fileTypes[dataType] ?? 0),
            "general.quantization_version": .uint32(2),
            "llama.vocab_size": .uint32(UInt32(shape.vocabularySize)),
            "llama.context_length": .uint32(UInt32(shape.contextLength)),
            "llama.embedding_length": .uint32(UInt32(shape.hiddenSize)),
            "llama.block_count": .uint32(UInt32(shape.layers)),
            "llama.feed_forward_length": .uint32(UInt32(shape.feedForwardSize)),
            "llama.rope.dimension_count": .uint32(UInt32(shape.headSize)),
            "llama.attention.head_count": .uint32(UInt32(shape.heads)),
            "llama.attention.head_count_kv": .uint32(UInt32(shape.keyValueHeads)),
            "llama.attention.layer_norm_rms_epsilon": .float32(1e-5),
            "llama.rope.freq_base": .float32(shape.ropeTheta),
        ]
        metadata.merge(SyntheticVocabulary(size: shape.vocabularySize).metadata) { $1 }
        return metadata
    }

    private struct Plan {
        let name: String
        let rows: Int
        let columns: Int
        let deviation: Float
        var isVector: Bool { rows == 0 }

        /// By default the deviation keeps the size of activations.
        init(_ name: String, _ rows: Int, _ columns: Int, gain: Float = 1) {
            self.name = name
            self.rows = rows
            self.columns = columns
            deviation = gain / Float(columns).squareRoot()
        }
    }

    private var plans: [Plan] {
        let (hidden, inner) = (shape.hiddenSize, shape.feedForwardSize)
        let keyValue = shape.keyValueHeads * shape.headSize
        // Logits with a deviation of 4 have a clear winner.
        var plans = [Plan("token_embd.weight", shape.vocabularySize, hidden, gain: 4)]
        for layer in 0..<shape.layers {
            plans += [
                Plan("blk.\(layer).attn_norm.weight", 0, hidden),
                Plan("blk.\(layer).attn_q.weight", hidden, hidden),
                Plan("blk.\(layer).attn_k.weight", keyValue, hidden),
                Plan("blk.\(layer).attn_v.weight", keyValue, hidden),
                Plan("blk.\(layer).attn_output.weight", hidden, hidden),
                Plan("blk.\(layer).ffn_norm.weight", 0, hidden),
                Plan("blk.\(layer).ffn_gate.weight", inner, hidden),
                Plan("blk.\(layer).ffn_up.weight", inner, hidden),
                Plan("blk.\(layer).ffn_down.weight", hidden, inner),
            ]
        }
        plans.append(Plan("output_norm.weight", 0, hidden))
        if !shape.sharesEmbedding { plans.append(Plan("output.weight", shape.vocabularySize, hidden, gain: 4)) }
        return plans
    }

    private func ones(_ name: String, _ count: Int) -> TensorSource {
        let values = [Float](repeating: 1, count: count)
        return TensorSource(name: name, dataType: .f32, shape: [count]) { body in values.withUnsafeBytes(body) }
    }

    /// Makes some rows at a time, so that memory stays small.
    private func matrix(_ plan: Plan, _ blocks: RandomBlocks, seed: UInt64) -> TensorSource {
        let rowBytes = dataType.byteCount(elements: plan.columns) ?? 0
        let (rows, chunk) = (plan.rows, max(1, (4 << 20) / max(rowBytes, 1)))
        return TensorSource(name: plan.name, dataType: dataType, shape: [rows, plan.columns]) { body in
            var generator = SplitMix64(seed: seed)
            generator = SplitMix64(seed: generator.next())
            withUnsafeTemporaryAllocation(byteCount: min(chunk, rows) * rowBytes, alignment: 64) { buffer in
                for first in stride(from: 0, to: rows, by: chunk) {
                    let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(min(chunk, rows - first) * rowBytes)])
                    blocks.fill(part, &generator)
                    body(UnsafeRawBufferPointer(part))
                }
            }
        }
    }
}
