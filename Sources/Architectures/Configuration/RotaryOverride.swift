/// How a user stretches a model's positions at run time, in place of what its configuration says.
public enum RotaryOverride: Sendable, Hashable {
    /// Other frequencies.
    case scaling(RotaryScaling)
    /// Positions beyond `window` count in groups (SelfExtend).
    case grouped(size: Int, window: Int)
    /// The first positions and a window, with distances that never exceed it (LM-Infinite).
    case beginning(positions: Int, window: Int)

    /// Puts the change in place of the spec's own.
    func apply(to spec: inout NetworkSpec, path: String) throws {
        guard spec.layers.contains(where: { $0.mixer.rotary != nil }) else {
            throw ArchitectureError(
                path: path, reason: "the model has no rotary positions, so they cannot be stretched")
        }
        for index in spec.layers.indices {
            switch spec.layers[index].mixer {
            case .attention(var attention):
                try apply(to: &attention, path: path)
                spec.layers[index].mixer = .attention(attention)
            case .latentAttention(var attention):
                guard case .scaling(let scaling) = self else {
                    throw ArchitectureError(path: path, reason: "latent attention has no far mode")
                }
                attention.rotary.scaling = scaling
                spec.layers[index].mixer = .latentAttention(attention)
            case .attentionMixture, .mamba, .fadingAverage, .matrixRecurrence: continue
            }
        }
    }

    private func apply(to attention: inout AttentionSpec, path: String) throws {
        switch self {
        case .scaling(let scaling): attention.rotary?.scaling = scaling
        case .grouped(let size, let window):
            attention.far = .grouped(size: size)
            attention.shape.window = window
        case .beginning(let positions, let window):
            attention.far = .beginning(positions: positions, distance: window)
            attention.shape.window = window
        }
    }
}
