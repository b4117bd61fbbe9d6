import Essentials
import Tensors

/// What a tensor of a GGUF file is for, as far as its kind depends on it.
enum MatrixRole {
    case embedding, output, query, key, value, queryKeyValue, attentionOutput, gate, up, down, other

    /// Reads the name of a tensor.
    init(_ name: String) {
        let roles: [(part: String, role: MatrixRole)] = [
            ("attn_qkv.weight", .queryKeyValue), ("attn_kv_b.weight", .value), ("attn_v.weight", .value),
            ("attn_k.weight", .key), ("attn_q.weight", .query), ("attn_output.weight", .attentionOutput),
            ("ffn_up", .up), ("ffn_gate", .gate), ("ffn_down", .down),
        ]
        switch name {
        case "output.weight": self = .output
        case "token_embd.weight", "per_layer_token_embd.weight": self = .embedding
        default: self = roles.first { name.contains($0.part) }?.role ?? .other
        }
    }

    /// Whether the matrix yields values, alone or beside others; such suffer most.
    var yieldsValues: Bool { self == .value || self == .queryKeyValue }
}

/// Which kind each tensor of a model gets: llama.cpp's rules.
struct MixRules {
    /// What the rules ask about the model.
    struct Model {
        var architecture = ""
        var layers = 0
        /// Query heads for each key head.
        var groupSize = 1
        var experts = 0
        /// Whether the embedding is the output matrix, too.
        var isTied = true
        /// Matrices that yield values.
        var valueMatrices = 0
        var hasImportance = false
    }

    let mix: QuantizationMix
    let model: Model
    private var (values, downs) = (0, 0)

    init(_ mix: QuantizationMix, _ model: Model) { (self.mix, self.model) = (mix, model) }

    /// Names of tensors that keep their type, or parts of them: norms, routers, and what is too small to matter.
    private static let kept = [
        "_norm.weight", "ffn_gate_inp.weight", "ffn_gate_tid2eid.weight", "altup", "laurel", "per_layer_model_proj",
        "position_embd", "token_types", "ssm_conv1d", "shortconv.conv.weight", "indexer.k_proj.weight",
        "indexer.q_proj.weight", "attn_rel_b.weight",
    ]
    private static let keptTimeMixes = [
        "first", "w0", "w1", "w2", "v0", "v1", "v2", "a0", "a1", "a2", "g1", "g2", "decay_w1", "decay_w2", "lerp_fused",
    ]

    /// Whether a tensor becomes blocks at all.
    static func mayQuantize(_ name: String, shape: [Int]) -> Bool {
        // Sides of one element at the outside do not count, as GGUF writes none.
        let rank = shape.drop { $0 == 1 }.count
        guard rank >= 2, name.hasSuffix("weight"), !kept.contains(where: name.contains) else { return false }
        return !keptTimeMixes.contains { name.contains("time_mix_\($0).weight") }
    }

    /// The kind of the next tensor, before its width is looked at; tensors must come in the order of their layers.
    mutating func kind(_ name: String, shape: [Int]) -> DataType {
        let (role, columns) = (MatrixRole(name), shape.last ?? 1)
        defer {
            if role.yieldsValues { values += 1 }
            if role == .down { downs += 1 }
        }
        if role == .output || (role == .embedding && model.isTied) {
            if mix.base == .mxfp4 || model.architecture == "falcon" || columns % mix.base.blockSize != 0 {
                return .q8x0
            }
            return mix.base == .q8x0 ? .q8x0 : .q6K
        }
        if mix.base == .mxfp4 { return shape.count > 2 && shape[0] > 1 ? .mxfp4 : .q8x0 }
        switch role {
        case .embedding where mix.base == .tq1x0 || mix.base == .tq2x0: return .q4K
        case .value, .queryKeyValue: return valueKind(role)
        case .key where model.experts == 8: return .q8x0
        case .down: return downKind(layer: layer(name) ?? downs)
        case .attentionOutput: return attentionOutputKind
        default: return mix.base
        }
    }

    /// Experts' matrices do not come in order, so that only their names tell the layer.
    private func layer(_ name: String) -> Int? {
        guard model.experts > 1 else { return nil }
        let parts = name.split(separator: ".")
        return parts.count > 1 && parts[0] == "blk" ? Int(parts[1]) : nil
    }

    /// The first and the last eighth of the layers, and each third between.
    private static func deservesMore(_ index: Int, of count: Int) -> Bool {
        index < count / 8 || index >= 7 * count / 8 || (index - count / 8) % 3 == 2
    }

    private func valueKind(_ role: MatrixRole) -> DataType {
        var kind = mix.base
        switch (mix.base, mix.size) {
        case (.q2K, .medium): kind = model.groupSize >= 4 ? .q4K : .q3K
        case (.q2K, .small) where model.groupSize >= 4: kind = .q4K
        case (.q3K, .medium): kind = values < 2 ? .q5K : .q4K
        case (.q3K, .large): kind = .q5K
        case (.iq4NL, _) where model.groupSize >= 4, (.iq4XS, _) where model.groupSize >= 4: kind = .q5K
        case (.q4K, .medium) where Self.deservesMore(values, of: model.valueMatrices): kind = .q6K
        case (.q5K, .medium) where Self.deservesMore(values, of: model.valueMatrices): kind = .q6K
        case (.q4K, .small) where values < 4: kind = .q5K
        default: break
        }
        // Llama's 70B, whose eight heads share values.
        if model.architecture == "llama", model.layers == 80, model.groupSize > 1, kind == .q3K || kind == .q4K {
            kind = .q5K
        }
        return model.experts == 8 ? .q8x0 : kind
    }

    private func downKind(layer: Int) -> DataType {
        let (count, isFalcon) = (model.layers, model.architecture == "falcon")
        let deservesMore = Self.deservesMore(layer, of: count)
        switch (mix.base, mix.size) {
        case (.q2K, .medium): return .q3K
        case (.q2K, .small) where layer < count / 8: return .q4K
        case (.q3K, .medium):
            return layer < count / 16 ? .q5K : !isFalcon || deservesMore ? .q4K : .q3K
        case (.q3K, .large): return isFalcon ? .q4K : .q5K
        case (.q4K, .medium) where isFalcon: return layer < count / 16 ? .q6K : deservesMore ? .q5K : .q4K
        case (.q4K, .medium) where deservesMore, (.q5K, .medium) where deservesMore: return .q6K
        case (.q4K, .small) where !isFalcon && layer < count / 8: return .q5K
        case (.iq4NL, _) where layer < count / 8 && !model.hasImportance: return .q5K
        case (.iq4XS, _) where layer < count / 8 && !model.hasImportance: return .q5K
        // With importance Q4_0 and Q5_0 can go wrong in the first of these matrices.
        case (.q4x0, _) where model.hasImportance && layer < count / 8: return .q4x1
        case (.q5x0, _) where model.hasImportance && layer < count / 8: return .q5x1
        default: return mix.base
        }
    }

    private var attentionOutputKind: DataType {
        if model.architecture == "falcon" {
            return mix.base == .q3K && mix.size == .large ? .q4K : mix.base
        }
        if model.experts == 8 {
            switch (mix.base, mix.size) {
            case (.q2K, .medium), (.q3K, .small), (.q3K, .medium), (.q4K, _), (.iq4NL, _), (.iq4XS, _): return .q5K
            default: return mix.base
            }
        }
        switch (mix.base, mix.size) {
        case (.q2K, .medium): return .q3K
        case (.q3K, .medium): return .q4K
        case (.q3K, .large): return .q5K
        default: return mix.base
        }
    }

    /// The kind that stands in where rows are no whole blocks of `kind`.
    static func fallback(for kind: DataType, columns: Int) -> DataType {
        guard columns % kind.blockSize != 0 else { return kind }
        let smaller: DataType =
            switch kind {
            case .iq4XS: .iq4NL
            case .q2K, .q3K, .tq1x0, .tq2x0: .q4x0
            case .q4K: .q5x0
            case .q5K: .q5x1
            case .q6K: .q8x0
            default: kind
            }
        return columns % smaller.blockSize == 0 ? smaller : .f16
    }
}
