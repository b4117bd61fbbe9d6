extension Hyperparameters {
    /// The object that describes rotary positions: the older name counts where both are there, as in transformers.
    var rotaryGroup: String {
        guard case .huggingFace(let config) = source, let older = config["rope_scaling"]?.objectValue, !older.isEmpty
        else { return "rope_parameters" }
        return "rope_scaling"
    }

    /// A setting of rotary positions: what stands in their own object counts, then what stands beside it.
    func rotaryKey(_ name: String, _ others: String..., gguf: String? = nil) -> Key {
        Key(["\(rotaryGroup).\(name)", name, "rope_parameters.\(name)"] + others, gguf: gguf)
    }

    /// The base of rotary frequencies.
    var rotaryBaseKey: Key { rotaryKey("rope_theta", "rotary_emb_base", gguf: "rope.freq_base") }

    /// How the configuration stretches rotary frequencies.
    func rotaryScaling(dimensions: Int, contextLength: Int) throws -> RotaryScaling {
        if isGGUF { return try ggufScaling(dimensions: dimensions, contextLength: contextLength) }
        let group = rotaryGroup
        func key(_ name: String) -> Key { Key("\(group).\(name)") }
        func factor() throws -> Float { try requiredPositive(key("factor")) }
        let original = try countIfPresent(
            Key("\(group).original_max_position_embeddings", "original_max_position_embeddings"))
        switch try text(key("rope_type")) ?? text(key("type")) ?? "default" {
        case "default", "none", "mrope": return .none
        case "linear": return .linear(factor: try factor())
        case "ntk": return .baseStretch(factor: try factor())
        case "dynamic-linear": return .dynamicLinear(originalContext: original ?? contextLength)
        case "dynamic": return .dynamicBase(factor: try factor(), originalContext: original ?? contextLength)
        case "llama3":
            guard let original else { throw error(key("original_max_position_embeddings"), "is missing") }
            let (low, highKey) = (try requiredPositive(key("low_freq_factor")), key("high_freq_factor"))
            let high = try requiredPositive(highKey)
            guard high > low else { throw error(highKey, "is \(high), not above low_freq_factor, \(low)") }
            return .piecewise(
                factor: try factor(), lowFrequencyFactor: low, highFrequencyFactor: high, originalContext: original)
        case "yarn":
            var yarn = RotaryScaling.Yarn(factor: try factor(), originalContext: original ?? contextLength)
            yarn.betaFast = try positive(key("beta_fast")) ?? yarn.betaFast
            yarn.betaSlow = try positive(key("beta_slow")) ?? yarn.betaSlow
            yarn.truncates = try flag(key("truncate")) ?? true
            yarn.attentionFactor = try positive(key("attention_factor")) ?? yarnFactor(key, factor: yarn.factor)
            return .yarn(yarn)
        case "longrope", "su":
            let context = original ?? contextLength
            let ratio = try positive(key("factor")) ?? (Float(contextLength) / Float(context))
            let attentionFactor =
                try positive(key("attention_factor")) ?? RotaryScaling.longMagnitude(ratio, context: context)
            return .divisors(
                short: try divisors(key("short_factor"), dimensions),
                long: try divisors(key("long_factor"), dimensions),
                originalContext: context, attentionFactor: attentionFactor)
        case let name: throw error(key("rope_type"), "is \(name), which is not supported")
        }
    }

    private func divisors(_ key: Key, _ dimensions: Int) throws -> [Float] {
        let divisors = try numbers(key, count: dimensions / 2)
        guard divisors.allSatisfy({ $0 > 0 }) else { throw error(key, "holds a number that is not positive") }
        return divisors
    }

    /// The factor of cosines and sines where two settings give it: the ratio of what they make of the stretch.
    private func yarnFactor(_ key: (String) -> Key, factor: Float) throws -> Float? {
        guard let scale = try positive(key("mscale")), let allDimensions = try positive(key("mscale_all_dim")) else {
            return nil
        }
        return RotaryScaling.yarnMagnitude(factor, scale) / RotaryScaling.yarnMagnitude(factor, allDimensions)
    }

    private func ggufScaling(dimensions: Int, contextLength: Int) throws -> RotaryScaling {
        func key(_ name: String) -> Key { Key(gguf: "rope.scaling.\(name)") }
        let original = try countIfPresent(key("original_context_length"))
        let attentionFactor = try positive(key("attn_factor"))
        // Where a file gives no kind, llama.cpp takes linear; older files have the factor under another name.
        let linearFactor = try number(key("factor")) ?? number(Key(gguf: "rope.scale_linear")) ?? 0
        guard linearFactor >= 0 else { throw error(key("factor"), "is \(linearFactor)") }
        switch try text(key("type")) ?? (hasTensor("rope_factors_long.weight") ? "longrope" : "linear") {
        case "none", "longrope":
            // The divisors are tensors, which the loader puts in.
            guard hasTensor("rope_factors_long.weight") else { return .none }
            let ones = [Float](repeating: 1, count: dimensions / 2)
            return .divisors(
                short: ones, long: ones, originalContext: original ?? contextLength,
                attentionFactor: attentionFactor ?? 1)
        case "linear": return linearFactor == 0 || linearFactor == 1 ? .none : .linear(factor: linearFactor)
        case "yarn":
            let factor = try requiredPositive(key("factor"))
            var yarn = RotaryScaling.Yarn(factor: factor, originalContext: original ?? contextLength)
            yarn.betaFast = try positive(key("yarn_beta_fast")) ?? yarn.betaFast
            yarn.betaSlow = try positive(key("yarn_beta_slow")) ?? yarn.betaSlow
            yarn.attentionFactor = attentionFactor.map { $0 * RotaryScaling.yarnMagnitude(factor) }
            return .yarn(yarn)
        case let name: throw error(key("type"), "is \(name), which is not supported")
        }
    }
}
