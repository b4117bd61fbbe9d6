import Tensors

/// Attention modes that reach beyond the trained length without training.
package enum FarAttentionSpec: Sendable, Hashable {
    /// Positions beyond the window count in groups (SelfExtend, Jin et al. 2024).
    case grouped(size: Int)
    /// Only the first positions are seen beyond the window, all at the same distance (LM-Infinite, Han et al. 2024).
    case beginning(positions: Int, distance: Int)
}

extension Attention where Ops: Operations {
    /// The queries as they see keys beyond the window; nil if they see none.
    func farQueries(_ queries: Ops.Activations, _ pass: LayerPass<Ops>) -> FarQueries<Ops.Activations>? {
        guard let far = spec.far, let rotary = spec.rotary else { return nil }
        let positions: [Int]
        let (limit, divisor): (Int?, Int)
        switch far {
        case .grouped(let size):
            let window = spec.shape.window ?? 0
            positions = pass.batch.positions.map { $0 / size + window - window / size }
            (limit, divisor) = (nil, size)
        case .beginning(let count, let distance):
            positions = pass.batch.positions.map { min($0, distance) }
            (limit, divisor) = (count, 0)
        }
        let frequencies = pass.batch.frequencies.inverse(rotary, length: pass.batch.frequencies.contextLength)
        let rotation = pass.operations.makeRotation(
            positions: positions, inverseFrequencies: positions.map { _ in frequencies }, scale: 1)
        return FarQueries(
            queries: pass.operations.rotate(
                queries, headSize: spec.shape.headSize, by: rotation, layout: rotary.layout),
            limit: limit, inverseFrequencies: frequencies, layout: rotary.layout, farDivisor: divisor)
    }
}
