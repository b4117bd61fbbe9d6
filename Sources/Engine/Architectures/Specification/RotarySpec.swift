public import Tensors

/// Rotary position embeddings (Su et al. 2021).
public struct RotarySpec: Sendable, Hashable {
    /// How many channels of each head are rotated.
    public var dimensions: Int
    /// The base of the frequencies.
    public var base: Float
    /// Which channels form a pair.
    public var layout: RotaryLayout
    /// How the frequencies are stretched for longer contexts.
    public var scaling: RotaryScaling

    /// Makes a spec.
    public init(dimensions: Int, base: Float, layout: RotaryLayout, scaling: RotaryScaling = .none) {
        self.dimensions = dimensions
        self.base = base
        self.layout = layout
        self.scaling = scaling
    }

    /// The angle that one position turns each pair by in a text of `length` positions, `[dimensions / 2]`.
    public func inverseFrequencies(length: Int) -> [Float] {
        scaling.inverseFrequencies(dimensions: dimensions, base: base, length: length)
    }
}
