import Platform

/// A change of rotary frequencies for contexts longer than the trained one.
public enum RotaryScaling: Sendable, Hashable {
    case none
    /// All frequencies divided by a factor: position interpolation (Chen et al. 2023).
    case linear(factor: Float)
    /// A larger base, which stretches low frequencies by the factor and keeps high ones (NTK-aware, bloc97 2023).
    case baseStretch(factor: Float)
    /// Position interpolation by as much as the text is longer than trained.
    case dynamicLinear(originalContext: Int)
    /// A base that grows with the text once it is longer than trained (dynamic NTK, emozilla 2023).
    case dynamicBase(factor: Float, originalContext: Int)
    /// A base that grows in steps: the factor is 2^ceil(log2(length / context) + 1) - 1 (Bai et al. 2023).
    case dynamicPower(originalContext: Int)
    /// Frequencies kept, divided, or between, by how often they turn within the trained context (Peng et al. 2023).
    case yarn(Yarn)
    /// Low frequencies divided, high ones kept, those between interpolated (Dubey et al. 2024).
    case piecewise(factor: Float, lowFrequencyFactor: Float, highFrequencyFactor: Float, originalContext: Int)
    /// Only a share of the pairs, the first ones, turns, at frequencies divided by a factor (Gemma 4).
    case proportional(share: Float, factor: Float)
    /// A divisor for each frequency, one set for texts within the trained context and one for longer ones (Ding et al. 2024).
    case divisors(short: [Float], long: [Float], originalContext: Int, attentionFactor: Float)

    /// The numbers of YaRN.
    public struct Yarn: Sendable, Hashable {
        /// How much longer texts may be.
        public var factor: Float
        /// The trained context.
        public var originalContext: Int
        /// Turns within the context above which a frequency is kept.
        public var betaFast: Float = 32
        /// Turns below which it is divided.
        public var betaSlow: Float = 1
        /// Whether the limits between the kinds are rounded to whole pairs.
        public var truncates = true
        /// Factor of cosines and sines; nil for 0.1 log(factor) + 1.
        public var attentionFactor: Float?

        public init(factor: Float, originalContext: Int) {
            self.factor = factor
            self.originalContext = originalContext
        }
    }

    /// Factor of cosines and sines.
    public var attentionFactor: Float {
        switch self {
        case .yarn(let yarn): yarn.attentionFactor ?? Self.yarnMagnitude(yarn.factor)
        case .divisors(_, _, _, let attentionFactor): attentionFactor
        default: 1
        }
    }

    /// The longest length that has the same frequencies as `length`; nil if they never depend on it.
    func canonicalLength(_ length: Int) -> Int? {
        switch self {
        case .dynamicLinear(let context), .dynamicBase(_, let context): return max(context, length)
        case .dynamicPower(let context):
            var longest = context
            while longest < length { longest *= 2 }
            return longest
        case .divisors(_, _, let context, _): return length > context ? Int.max : context
        case .none, .linear, .baseStretch, .yarn, .piecewise, .proportional: return nil
        }
    }

    /// The length to make frequencies for when a text of `length` positions may grow; nil if they never depend on it.
    ///
    /// It follows from `length` alone, so that what is generated does not depend on how much was asked for. Within the
    /// trained context it is that; beyond it grows by an eighth of the context, at least 256 positions, at a time: a text is
    /// computed anew only that often.
    func reservedLength(_ length: Int) -> Int? {
        switch self {
        case .dynamicLinear(let context), .dynamicBase(_, let context):
            let step = max(256, context / 8)
            return context + (max(length - context, 0) + step - 1) / step * step
        default: return canonicalLength(length)
        }
    }

    func inverseFrequencies(dimensions: Int, base: Float, length: Int) -> [Float] {
        func frequencies(_ base: Float) -> [Float] {
            (0..<dimensions / 2).map { 1 / powf(base, Float(2 * $0) / Float(dimensions)) }
        }
        /// The base for which the lowest frequency is divided by `factor`.
        func stretched(_ factor: Float) -> [Float] {
            frequencies(base * powf(factor, Float(dimensions) / Float(dimensions - 2)))
        }
        switch self {
        case .none: return frequencies(base)
        case .linear(let factor): return frequencies(base).map { $0 / factor }
        case .baseStretch(let factor): return stretched(factor)
        case .dynamicLinear(let context): return frequencies(base).map { $0 / max(1, Float(length) / Float(context)) }
        case .dynamicBase(let factor, let context):
            return stretched(factor * Float(max(length, context)) / Float(context) - (factor - 1))
        case .dynamicPower(let context):
            guard length > context else { return frequencies(base) }
            return stretched(max(1, exp2f(ceilf(log2f(Float(length) / Float(context)) + 1)) - 1))
        case .yarn(let yarn): return yarn.inverseFrequencies(frequencies(base), dimensions: dimensions, base: base)
        case .divisors(let short, let long, let context, _):
            return zip(frequencies(base), length > context ? long : short).map { $0 / $1 }
        case .proportional(let share, let factor):
            let turning = Int(share * Float(dimensions)) / 2
            return frequencies(base).enumerated().map { $0 < turning ? $1 / factor : 0 }
        case .piecewise(let factor, let low, let high, let context):
            return frequencies(base).map { frequency in
                let turns = Float(context) * frequency / (2 * Float.pi)
                if turns > high { return frequency }
                if turns < low { return frequency / factor }
                let smooth = (turns - low) / (high - low)
                return (1 - smooth) * frequency / factor + smooth * frequency
            }
        }
    }
}

extension RotaryScaling.Yarn {
    fileprivate func inverseFrequencies(_ frequencies: [Float], dimensions: Int, base: Float) -> [Float] {
        /// The pair that turns so often within the trained context.
        func pair(turns: Float) -> Float {
            Float(dimensions) * logf(Float(originalContext) / (turns * 2 * Float.pi)) / (2 * logf(base))
        }
        var (low, high) = (pair(turns: betaFast), pair(turns: betaSlow))
        if truncates { (low, high) = (floorf(low), ceilf(high)) }
        (low, high) = (max(low, 0), min(high, Float(dimensions - 1)))
        if low == high { high += 0.001 }
        return frequencies.enumerated().map { index, frequency in
            let divided = max(0, min(1, (Float(index) - low) / (high - low)))
            return frequency / factor * divided + frequency * (1 - divided)
        }
    }
}

extension RotaryScaling {
    /// YaRN's factor for a stretch: 0.1 `scale` log(factor) + 1.
    static func yarnMagnitude(_ factor: Float, _ scale: Float = 1) -> Float {
        factor > 1 ? 0.1 * scale * logf(factor) + 1 : 1
    }

    /// LongRoPE's factor of cosines and sines: sqrt(1 + log(factor) / log(context)).
    static func longMagnitude(_ factor: Float, context: Int) -> Float {
        factor > 1 ? (1 + logf(factor) / logf(Float(context))).squareRoot() : 1
    }
}
