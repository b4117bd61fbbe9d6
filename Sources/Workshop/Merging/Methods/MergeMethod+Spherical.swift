import Checkpoints
import Platform

extension MergeMethod {
    /// Methods whose result is a sum of the inputs with coefficients from their lengths and angles.
    func sphericalCombiner(
        for group: TensorGroup, _ parameters: MethodParameters
    ) throws(CheckpointError) -> Combiner {
        switch self {
        case .slerp: return try Self.slerp(group, t: parameters.value("t"))
        case .nuslerp: return try Self.nuslerp(group, parameters)
        case .multislerp: return try Self.multislerp(group, parameters)
        case .modelStock: return try Self.modelStock(group, isByRow: parameters.flag("filter_wise"))
        default:
            return try Self.karcher(
                group, rounds: Int(parameters.value("max_iter")), tolerance: parameters.value("tol"))
        }
    }

    /// Spherical interpolation of the whole tensor from the base (t = 0) to the other; linear where they are almost parallel.
    private static func slerp(_ group: TensorGroup, t: Double) throws(CheckpointError) -> Combiner {
        let vectors = [group.base ?? 0, group.others[0]]
        let gram = try GramMatrix(group, vectors: vectors)
        let norms = (0...1).map { gram.norm($0) > 1e-8 ? gram.norm($0) : 1 }
        let cosine = min(1, max(-1, Double(Float(gram.product(0, 1) / (norms[0] * norms[1])))))
        let coefficients: [Double]
        if abs(cosine) > 0.9995 {
            coefficients = [1 - t, t]
        } else {
            let angle = acos(cosine)
            coefficients = [sin((1 - t) * angle) / sin(angle), sin(t * angle) / sin(angle)]
        }
        return gram.combiner([coefficients], vectors: vectors, origin: nil)
    }

    /// Spherical interpolation with weights, of whole tensors, rows or columns, of the changes if there is a base.
    private static func nuslerp(_ group: TensorGroup, _ parameters: MethodParameters) throws(CheckpointError)
        -> Combiner
    {
        let vectors = group.others
        let weights = parameters.values("weight", of: vectors)
        let total = weights[0] + weights[1]
        let t = abs(total) < 1e-6 ? 0.5 : weights[1] / total
        let parts: GramMatrix.Parts =
            parameters.flag("nuslerp_flatten") ? .whole : parameters.flag("nuslerp_row_wise") ? .columns : .rows
        let gram = try GramMatrix(group, vectors: vectors, origin: group.base, parts: parts)
        let coefficients = gram.parts.map { part in
            let norms = (0...1).map { max(1e-7, gram.norm($0, part: part)) }
            let cosine = min(1, max(-1, Float(gram.product(0, 1, part: part) / (norms[0] * norms[1]))))
            if 1 - cosine * cosine <= 1e-16 { return [1 - t, t] }
            let angle = acos(Double(cosine))
            return [sin((1 - t) * angle) / sin(angle), sin(t * angle) / sin(angle)]
        }
        return gram.combiner(coefficients, vectors: vectors, origin: group.base)
    }

    /// Barycentric interpolation on the sphere, in the tangent space of the weighted mean.
    private static func multislerp(_ group: TensorGroup, _ parameters: MethodParameters) throws(CheckpointError)
        -> Combiner
    {
        let (vectors, epsilon) = (group.others, parameters.value("eps"))
        if vectors.count == 1 { return { _, inputs, output in _ = output.update(fromContentsOf: inputs[vectors[0]]) } }
        let gram = try GramMatrix(group, vectors: vectors, origin: group.base)
        let sphere = Sphere(gram, norms: vectors.indices.map { gram.norm($0) }, epsilon: epsilon)
        var weights = parameters.values("weight", of: vectors)
        if parameters.flag("normalize_weights") {
            let sum = weights.reduce(0, +)
            weights = weights.map { $0 / sum }
        }
        let meanLength = sphere.length(weights)
        guard meanLength >= epsilon else {
            guard vectors.count == 2 else {
                throw CheckpointError(
                    path: group.inputs[vectors[0]].place.path, location: "tensor \(group.name)",
                    reason: "the weighted sum of the models is zero, so that they have no mean on the sphere",
                    remedy: "Choose other weights")
            }
            return gram.combiner([weights], vectors: vectors, origin: group.base)
        }
        let mean = weights.map { $0 / meanLength }
        let along = zip(weights, sphere.products(mean)).reduce(0) { $0 + $1.0 * $1.1 }
        let tangent = zip(weights, mean).map { $0 - along * $1 }
        let length = sphere.length(tangent) + epsilon
        let norm = zip(weights, sphere.norms).reduce(0) { $0 + $1.0 * $1.1 }
        let result = vectors.indices.map { index in
            (mean[index] * cos(length) + tangent[index] * sin(length) / length) * norm / (sphere.norms[index] + epsilon)
        }
        return gram.combiner([result], vectors: vectors, origin: group.base)
    }

    /// The Karcher mean on the sphere, all models alike: the point whose distances squared have the smallest sum.
    private static func karcher(
        _ group: TensorGroup, rounds: Int, tolerance: Double
    ) throws(CheckpointError) -> Combiner {
        let all = Array(group.inputs.indices)
        if all.count == 1 { return scaled(by: 1) }
        let lengths = try GramMatrix(group, vectors: all)
        let share = 1 / Double(all.count)
        let scale = all.reduce(0) { $0 + share * lengths.norm($1) }
        let vectors = all.filter { lengths.norm($0) > tolerance }
        guard !vectors.isEmpty else { return { _, _, output in output.update(repeating: 0) } }
        let sphere = Sphere(lengths, vectors: vectors)
        let weight = 1 / Double(vectors.count)
        var mean = [Double](repeating: weight, count: vectors.count)
        let length = sphere.length(mean)
        mean = length < tolerance ? mean.indices.map { $0 == 0 ? 1 : 0 } : mean.map { $0 / length }
        for _ in 0..<rounds {
            var tangent = [Double](repeating: 0, count: mean.count)
            for (index, product) in sphere.products(mean).enumerated() {
                let cosine = min(1, max(-1, product))
                let angle = acos(cosine)
                if angle < tolerance { continue }
                let factor = weight * angle / sin(angle)
                tangent[index] += factor
                for other in mean.indices { tangent[other] -= factor * cosine * mean[other] }
            }
            let step = sphere.length(tangent)
            if step < tolerance { break }
            mean = zip(mean, tangent).map { cos(step) * $0 + sin(step) * $1 / step }
            let length = sphere.length(mean)
            if length > tolerance { mean = mean.map { $0 / length } }
        }
        let coefficients = zip(mean, sphere.norms).map { scale * $0 / $1 }
        return lengths.combiner([coefficients], vectors: vectors, origin: nil)
    }

    /// Model Stock (arXiv:2403.19522): from the base towards the mean of the others, the further the more they agree.
    private static func modelStock(_ group: TensorGroup, isByRow: Bool) throws(CheckpointError) -> Combiner {
        let (others, base) = (group.others, group.base ?? 0)
        let gram = try GramMatrix(group, vectors: others, origin: base, parts: isByRow ? .rows : .whole)
        let count = others.count
        let (rowLength, isWhole) = (group.rowLength, !isByRow)
        let shares = gram.parts.map { part in
            var (sum, pairs) = (0.0, 0.0)
            for a in 0..<count {
                for b in a + 1..<max(a + 1, count) {
                    let norms = max(1e-6, gram.norm(a, part: part) * gram.norm(b, part: part))
                    sum += min(1, max(-1, gram.product(a, b, part: part) / norms))
                    pairs += 1
                }
            }
            let cosine = pairs > 0 ? sum / pairs : 0
            let divisor = 1 + Double(count - 1) * cosine
            return abs(divisor) < 1e-6 ? 0 : Float(Double(count) * cosine / divisor)
        }
        return { range, inputs, output in
            for index in output.indices {
                var sum: Float = 0
                for other in others { sum += inputs[other][index] }
                let share = shares[isWhole ? 0 : (range.lowerBound + index) / rowLength]
                output[index] = share * (sum / Float(count)) + (1 - share) * inputs[base][index]
            }
        }
    }
}

/// Unit vectors along the inputs, and sums of them with coefficients.
private struct Sphere {
    let norms: [Double]
    private let products: [[Double]]

    init(_ gram: GramMatrix, norms: [Double], epsilon: Double) {
        self.norms = norms
        products = norms.indices.map { a in
            norms.indices.map { gram.product(a, $0) / ((norms[a] + epsilon) * (norms[$0] + epsilon)) }
        }
    }

    init(_ gram: GramMatrix, vectors: [Int]) {
        let norms = vectors.map { gram.norm($0) }
        self.norms = norms
        products = vectors.indices.map { a in
            vectors.indices.map { gram.product(vectors[a], vectors[$0]) / (norms[a] * norms[$0]) }
        }
    }

    /// The products of a sum with every unit vector.
    func products(_ coefficients: [Double]) -> [Double] {
        products.map { row in zip(row, coefficients).reduce(0) { $0 + $1.0 * $1.1 } }
    }

    /// The length of a sum.
    func length(_ coefficients: [Double]) -> Double {
        max(0, zip(products(coefficients), coefficients).reduce(0) { $0 + $1.0 * $1.1 }).squareRoot()
    }
}
