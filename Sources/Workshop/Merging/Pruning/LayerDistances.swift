import Platform

/// How little blocks of layers change what goes through them (arXiv:2403.17887): the angle between what enters and what leaves,
/// in parts of a half turn.
package struct LayerDistances: Sendable {
    /// The mean distance of dropping `dropped` layers from each layer on.
    package let distances: [Double]
    /// The layers that a block has.
    package let dropped: Int

    /// Compares states: for each text those that enter each layer, and at last those that leave the last one.
    package init?(_ states: [[[Float]]], dropping dropped: Int) {
        guard let layers = states.first.map({ $0.count - 1 }), dropped > 0, dropped < layers else { return nil }
        self.dropped = dropped
        distances = (0...layers - dropped).map { first in
            states.reduce(0) { $0 + Self.angle($1[first], $1[first + dropped]) } / Double(states.count)
        }
    }

    /// The layers whose dropping changes the least.
    package var block: Range<Int> {
        let first = distances.indices.min { distances[$0] < distances[$1] } ?? 0
        return first..<first + dropped
    }

    private static func angle(_ a: [Float], _ b: [Float]) -> Double {
        var (product, first, second) = (0.0, 0.0, 0.0)
        for (x, y) in zip(a, b) {
            product += Double(x) * Double(y)
            first += Double(x) * Double(x)
            second += Double(y) * Double(y)
        }
        guard first > 0, second > 0 else { return 0.5 }
        return acos(min(1, max(-1, product / (first * second).squareRoot()))) / .pi
    }
}
