import Checkpoints

/// The dot products of all pairs of inputs, in double precision, for whole tensors or for parts of them.
///
/// Whatever spheres and angles a method speaks of, its result is a sum of the inputs with coefficients that follow from
/// these: tensors are read once for them and once for the result.
struct GramMatrix: Sendable {
    /// Which elements belong together.
    enum Parts: Sendable {
        case whole, rows
        /// Those with the same indices after the first one.
        case columns
    }

    /// The vectors: the inputs that are not the origin.
    let count: Int
    /// The part that an element belongs to is `index / divisor % modulus`.
    private let divisor: Int
    private let modulus: Int
    private let partCount: Int
    private var sums: [Double]

    init(_ group: TensorGroup, vectors: [Int], origin: Int? = nil, parts: Parts = .whole) throws(CheckpointError) {
        count = vectors.count
        let (pairs, total) = (vectors.count * vectors.count, max(1, group.count))
        let first = max(1, group.shape.first ?? 1)
        switch parts {
        case .whole: (divisor, modulus) = (total, 1)
        case .rows: (divisor, modulus) = (group.rowLength, max(1, total / group.rowLength))
        case .columns: (divisor, modulus) = total / first == 1 ? (total, 1) : (1, total / first)
        }
        partCount = modulus
        sums = [Double](repeating: 0, count: pairs * modulus)
        let (divisor, modulus) = (divisor, modulus)
        var collected = sums
        try group.scan { (range, inputs) throws(CheckpointError) -> (from: Int, sums: [Double]) in
            // A chunk has few parts, except of columns, which go through all of them again and again.
            let isColumns = divisor == 1 && modulus > 1
            let from = isColumns ? 0 : range.lowerBound / divisor
            let parts = isColumns ? modulus : (range.upperBound - 1) / divisor - from + 1
            var sums = [Double](repeating: 0, count: pairs * parts)
            let sphere = vectors.map { inputs[$0] }
            for a in sphere.indices {
                for b in a..<sphere.count {
                    let place = a * sphere.count + b
                    Self.add(sphere[a], sphere[b], origin.map { inputs[$0] }, range.lowerBound, divisor, modulus) {
                        part, sum in
                        sums[(part - from) * pairs + place] += sum
                    }
                }
            }
            return (from * pairs, sums)
        } collect: { part in
            for (index, sum) in part.sums.enumerated() { collected[part.from + index] += sum }
        }
        sums = collected
    }

    /// Adds products of equal part together and hands on the sum of each run.
    private static func add(
        _ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>, _ origin: UnsafeBufferPointer<Float>?,
        _ start: Int, _ divisor: Int, _ modulus: Int, _ collect: (Int, Double) -> Void
    ) {
        var index = 0
        while index < a.count {
            let place = start + index
            let end = min(a.count, index + divisor - place % divisor)
            var sum = 0.0
            if let origin {
                for i in index..<end { sum += Double(a[i] - origin[i]) * Double(b[i] - origin[i]) }
            } else {
                for i in index..<end { sum += Double(a[i]) * Double(b[i]) }
            }
            collect(place / divisor % modulus, sum)
            index = end
        }
    }

    /// The product of two vectors in a part.
    func product(_ a: Int, _ b: Int, part: Int = 0) -> Double {
        sums[part * count * count + min(a, b) * count + max(a, b)]
    }

    /// The length of a vector in a part.
    func norm(_ vector: Int, part: Int = 0) -> Double { product(vector, vector, part: part).squareRoot() }

    /// The number of parts.
    var parts: Range<Int> { 0..<partCount }

    /// Sums vectors with the coefficients of an element's part, one after another as they are given, on top of the origin.
    func combiner(_ coefficients: [[Double]], vectors: [Int], origin: Int?) -> Combiner {
        let coefficients = coefficients.map { $0.map { Float($0) } }
        let (divisor, modulus) = (divisor, modulus)
        return { range, inputs, output in
            var index = 0
            while index < output.count {
                let place = range.lowerBound + index
                let end = min(output.count, index + divisor - place % divisor)
                let factors = coefficients[place / divisor % modulus]
                for i in index..<end {
                    var sum: Float = 0
                    for (vector, factor) in zip(vectors, factors) {
                        sum += factor * (origin.map { inputs[vector][i] - inputs[$0][i] } ?? inputs[vector][i])
                    }
                    output[i] = origin.map { inputs[$0][i] + sum } ?? sum
                }
                index = end
            }
        }
    }
}
