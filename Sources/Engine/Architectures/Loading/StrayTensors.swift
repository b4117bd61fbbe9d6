import Checkpoints

/// Tensors of a Hugging Face folder that the network has no place for and that the reference leaves out, too: by their
/// names, so that no weight need be read.
struct StrayTensors {
    private enum Kind: Hashable {
        case laterLayers, valueHead, cacheScales, otherSenses
    }

    private var kinds: [String: Kind] = [:]
    private let layers: Int

    /// Looks for them where `layers` is the number of layers that the file is to have.
    init(_ checkpoint: Checkpoint, names: TensorNames, layers: Int) {
        self.layers = layers
        let beginnings = names.layerBeginnings
        var isGGUF = false
        if case .gguf = checkpoint.metadata { isGGUF = true }
        for name in checkpoint.tensors.keys {
            if let layer = Self.layer(name, beginnings), layer >= layers {
                kinds[name] = .laterLayers
            } else if isGGUF {
                continue
            } else if Self.otherSenses.contains(where: name.hasPrefix) {
                kinds[name] = .otherSenses
            } else if Self.valueHeads.contains(where: name.hasPrefix) {
                kinds[name] = .valueHead
            } else if Self.cacheScales.contains(where: name.hasSuffix) {
                kinds[name] = .cacheScales
            }
        }
    }

    /// What reward models and trainers of them add to a language model.
    private static let valueHeads = ["v_head.", "value_head.", "score."]
    /// What reads pictures and sounds, draws or speaks beside a language model, and what guesses several tokens at once.
    private static let otherSenses = [
        "vision_tower.", "model.vision_tower.", "visual.", "model.visual.", "vision_model.", "model.vision_model.",
        "vision_encoder.", "multi_modal_projector.", "model.multi_modal_projector.", "mm_projector.", "audio_tower.",
        "model.audio_tower.", "embed_vision.", "model.embed_vision.", "embed_audio.", "model.embed_audio.", "mtp.",
        "model.mtp.", "thinker.visual.", "thinker.audio_tower.", "talker.", "token2wav.", "code2wav.", "patch_merger.",
        "model.patch_merger.", "model.connector.", "connector.", "mlp1.",
    ]
    /// Scales of keys and values that are kept in 8 bits, which this engine does not round to.
    private static let cacheScales = [".k_scale", ".v_scale", ".q_scale", ".prob_scale", ".kv_scale", ".output_scale"]

    private static func layer(_ name: String, _ beginnings: [String]) -> Int? {
        for beginning in beginnings where name.hasPrefix(beginning) {
            let digits = name.dropFirst(beginning.count).prefix { $0 != "." }
            if let layer = Int(digits) { return layer }
        }
        return nil
    }

    func contains(_ name: String) -> Bool { kinds[name] != nil }

    /// What to tell about the tensors for which `isUnread` holds, a sentence for each kind.
    func notes(where isUnread: (String) -> Bool) -> [String] {
        let names = kinds.keys.filter(isUnread).sorted()
        let reasons: [(Kind, String)] = [
            (.laterLayers, "of layers beyond the \(layers) that the configuration counts"),
            (.valueHead, "of a value head"), (.otherSenses, "of parts for pictures, sound or guessing ahead"),
            (.cacheScales, "of scales of cached keys and values"),
        ]
        return reasons.compactMap { kind, reason in
            let names = names.filter { kinds[$0] == kind }
            guard let first = names.first else { return nil }
            return "\(names.count == 1 ? "1 tensor" : "\(names.count) tensors") \(reason), such as \(first), "
                + "\(names.count == 1 ? "is" : "are") ignored"
        }
    }
}

extension TensorNames {
    /// What the names of layers' tensors begin with, up to the number.
    var layerBeginnings: [String] {
        let patterns = Set(
            allPatterns.compactMap { pattern -> String? in
                guard let end = pattern.firstIndex(of: "{") else { return nil }
                return String(pattern[..<end])
            })
        return prefixes.flatMap { prefix in patterns.map { prefix + $0 } }
            + TensorReader.Root.all.flatMap { root in patterns.map(root.name) }
    }
}
