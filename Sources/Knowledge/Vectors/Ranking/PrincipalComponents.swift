/// The two directions in which vectors differ most (principal components), for a look at them on paper.
package enum PrincipalComponents {
    private static let rounds = 60

    /// Where each vector lies along the first and the second component, from their middle; found by power iteration, which
    /// starts from the same everywhere, so that the same vectors lie in the same places.
    package static func plane(_ vectors: [[Float]]) -> [(x: Float, y: Float)] {
        guard let size = vectors.first?.count, size > 0 else { return vectors.map { _ in (0, 0) } }
        var mean = [Float](repeating: 0, count: size)
        for vector in vectors { for place in 0..<size { mean[place] += vector[place] / Float(vectors.count) } }
        let centred = vectors.map { vector in zip(vector, mean).map { $0 - $1 } }
        let first = component(centred, besides: nil)
        let second = component(centred, besides: first)
        return centred.map { (dot($0, first), dot($0, second)) }
    }

    private static func component(_ vectors: [[Float]], besides other: [Float]?) -> [Float] {
        let size = vectors[0].count
        // No direction is orthogonal to it but by chance.
        var direction = (0..<size).map { 1 + Float(($0 &* 7919) % 101) / 101 }
        for _ in 0..<rounds {
            var next = [Float](repeating: 0, count: size)
            for vector in vectors {
                let share = dot(vector, direction)
                for place in 0..<size { next[place] += share * vector[place] }
            }
            let whole = dot(next, next).squareRoot()
            if let other {
                let share = dot(next, other)
                for place in 0..<size { next[place] -= share * other[place] }
            }
            let length = dot(next, next).squareRoot()
            // What does not differ any more, but by rounding, has no direction.
            guard length > max(1e-12, 1e-5 * whole) else { return [Float](repeating: 0, count: size) }
            direction = next.map { $0 / length }
        }
        return direction
    }

    private static func dot(_ a: [Float], _ b: [Float]) -> Float {
        var sum: Float = 0
        for place in a.indices { sum += a[place] * b[place] }
        return sum
    }
}
