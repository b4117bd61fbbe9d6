extension Hyperparameters {
    /// How the configuration stretches rotary frequencies.
    func rotaryScaling(dimensions: Int, contextLength: Int) throws -> RotaryScaling {
        if isGGUF { return try ggufScaling(dimensions: dimensions, contextLength: contextLength) }
        let group = try value(Key("rope_scaling")) != nil ? "rope_scaling" : "rope_parameters"
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
            return .piecewise(
                factor: try factor(), lowFrequencyFactor: try requiredPositive(key("low_freq_factor")),
                highFrequencyFactor: try requiredPositive(key("high_freq_factor")), originalContext: original)
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
        switch try text(key("type")) ?? "none" {
        case "none", "longrope":
            // The divisors are tensors, which the loader puts in.
            guard hasTensor("rope_factors_long.weight") else { return .none }
            let ones = [Float](repeating: 1, count: dimensions / 2)
            return .divisors(
                short: ones, long: ones, originalContext: original ?? contextLength,
                attentionFactor: attentionFactor ?? 1)
        case "linear": return .linear(factor: try requiredPositive(key("factor")))
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
