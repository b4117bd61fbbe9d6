package import Tensors

/// Rotary position embeddings (Su et al. 2021).
package struct RotarySpec: Sendable, Hashable {
    /// How many channels of each head are rotated.
    package var dimensions: Int
    /// The base of the frequencies.
    package var base: Float
    /// Which channels form a pair.
    package var layout: RotaryLayout
    /// Whether pairs turn the other way round.
    package var isReversed = false
    /// How the frequencies are stretched for longer contexts.
    package var scaling: RotaryScaling

    package init(dimensions: Int, base: Float, layout: RotaryLayout, scaling: RotaryScaling = .none) {
        self.dimensions = dimensions
        self.base = base
        self.layout = layout
        self.scaling = scaling
    }

    /// The angle that one position turns each pair by in a text of `length` positions, `[dimensions / 2]`.
    package func inverseFrequencies(length: Int) -> [Float] {
        let angles = scaling.inverseFrequencies(dimensions: dimensions, base: base, length: length)
        return isReversed ? angles.map { -$0 } : angles
    }
}
