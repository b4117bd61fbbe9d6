import Checkpoints
import JSONValues
import OrderedCollections
import Platform

/// Rotary positions as config.json describes them, in the old form and in that of transformers 5.
struct RotaryConfiguration {
    /// The base of the frequencies; nil if the configuration has none.
    var base: Double?
    /// The base within windows, where that is another.
    var windowBase: Double?
    /// `rope_scaling`, or nil if positions are not stretched.
    var scaling: JSON?

    init(_ config: JSON) {
        let parameters = config[path: "rope_parameters"]
        let full = parameters?[path: "full_attention"] ?? parameters
        base = (full?["rope_theta"] ?? config[path: "rope_theta"])?.doubleValue
        windowBase =
            (parameters?[path: "sliding_attention.rope_theta"] ?? config[path: "rope_local_base_freq"])?.doubleValue
        let described = full ?? config[path: "rope_scaling"]
        let kind = described?.first(of: ["rope_type", "type"])?.stringValue
        scaling = kind == nil || kind == "default" ? nil : described
    }

    /// What kind of scaling there is.
    var kind: String? { scaling?.first(of: ["rope_type", "type"])?.stringValue }

    private func number(_ name: String) -> Double? { scaling?[path: name]?.doubleValue }

    /// The keys of a GGUF file, without the architecture's name.
    func metadata(hasBase: Bool, _ losses: inout Losses) throws(CheckpointError) -> OrderedDictionary<String, GGUFValue>
    {
        var result: OrderedDictionary<String, GGUFValue> = [:]
        func put(_ key: String, _ name: String) {
            if let value = number(name) { result[key] = .float32(Float(value)) }
        }
        switch kind {
        case nil, "llama3", "longrope", "su": break
        case "linear", "yarn":
            result["rope.scaling.type"] = .string(kind ?? "")
            put("rope.scaling.factor", "factor")
            guard kind == "yarn" else { break }
            if let original = scaling?[path: "original_max_position_embeddings"]?.intValue {
                result["rope.scaling.original_context_length"] = .uint32(UInt32(clamping: original))
            }
            put("rope.scaling.yarn_ext_factor", "extrapolation_factor")
            put("rope.scaling.yarn_attn_factor", "attention_factor")
            put("rope.scaling.yarn_beta_fast", "beta_fast")
            put("rope.scaling.yarn_beta_slow", "beta_slow")
        default:
            try losses.refuse("key rope_scaling", "GGUF has no positions of the kind \(kind ?? "")")
        }
        if hasBase, let base { result["rope.freq_base"] = .float32(Float(base)) }
        if hasBase, let windowBase { result["rope.freq_base_swa"] = .float32(Float(windowBase)) }
        return result
    }

    /// Llama 3's divisors of the frequencies of a head's pairs of channels.
    func llama3Divisors(headSize: Int) -> [Float]? {
        guard kind == "llama3" else { return nil }
        return Self.llama3Divisors(
            headSize: headSize, base: base ?? 10_000, factor: number("factor") ?? 8,
            low: number("low_freq_factor") ?? 1, high: number("high_freq_factor") ?? 4,
            original: number("original_max_position_embeddings") ?? 8192)
    }

    /// High frequencies stay, low ones are divided by `factor`, those between by something between.
    static func llama3Divisors(
        headSize: Int, base: Double, factor: Double, low: Double, high: Double, original: Double
    ) -> [Float] {
        (0..<headSize / 2).map { pair in
            // In f32, as the reference computes them.
            let frequency = 1 / powf(Float(base), Float(2 * pair) / Float(headSize))
            let wavelength = Double(2 * Float.pi / frequency)
            if wavelength < original / high { return 1 }
            if wavelength > original / low { return Float(factor) }
            let share = (original / wavelength - low) / (high - low)
            return Float(1 / ((1 - share) / factor + share))
        }
    }

    /// LongRoPE's factors of short and long texts.
    func longFactors(_ name: String) -> [Float]? {
        scaling?[path: name]?.arrayValue?.compactMap(\.doubleValue).map(Float.init)
    }
}
