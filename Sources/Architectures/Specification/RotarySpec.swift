public import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Rotary position embeddings (Su et al. 2021).
public struct RotarySpec: Sendable, Hashable {
    /// How many channels of each head are rotated.
    public var dimensions: Int
    /// The base of the frequencies.
    public var base: Float
    /// Which channels form a pair.
    public var layout: RotaryLayout
    /// How the frequencies are stretched for longer contexts.
    public var scaling: Scaling

    /// A change of the frequencies for longer contexts.
    public enum Scaling: Sendable, Hashable {
        /// None.
        case none
        /// All frequencies divided by a factor (Chen et al. 2023).
        case linear(factor: Float)
        /// Llama 3.1: low frequencies divided, high ones kept, those between interpolated.
        case piecewise(factor: Float, lowFrequencyFactor: Float, highFrequencyFactor: Float, originalContext: Int)
    }

    /// Makes a spec.
    public init(dimensions: Int, base: Float, layout: RotaryLayout, scaling: Scaling = .none) {
        self.dimensions = dimensions
        self.base = base
        self.layout = layout
        self.scaling = scaling
    }

    /// The angle that one position turns each pair by, `[dimensions / 2]`.
    public var inverseFrequencies: [Float] {
        (0..<dimensions / 2).map { pair in
            let frequency = 1 / powf(base, Float(2 * pair) / Float(dimensions))
            switch scaling {
            case .none: return frequency
            case .linear(let factor): return frequency / factor
            case .piecewise(let factor, let low, let high, let original):
                let wavelength = 2 * Float.pi / frequency
                let turns = Float(original) / wavelength
                if turns > high { return frequency }
                if turns < low { return frequency / factor }
                let smooth = (turns - low) / (high - low)
                return (1 - smooth) * frequency / factor + smooth * frequency
            }
        }
    }
}
