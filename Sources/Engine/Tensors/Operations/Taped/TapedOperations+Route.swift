import Platform

extension TapedOperations {
    /// Which experts are chosen has no gradient; the weights that they have do. A bias counts in the choice alone, and is
    /// balanced by other means than the loss (Wang et al. 2024).
    package func route(
        _ scores: TapedRows, _ routing: Routing, bias: ParameterView?, ranks: Range<Int>
    ) -> [ExpertShare<TapedRows>] {
        let experts = routing.experts
        let bias = bias.map { Array(UnsafeBufferPointer(start: $0.values, count: experts)) }
        let rows = (0..<scores.tokens).map { Array(UnsafeBufferPointer(start: scores.row($0), count: experts)) }
        let choices = rows.map { routing.choose($0, bias) }
        // The weights of all experts of all tokens, of which shares are parts.
        let weights = make(scores.tokens, experts, isTracked: scores.isTracked)
        var members = [[Int]](repeating: [], count: experts)
        for (row, chosen) in choices.enumerated() {
            for (expert, factor) in chosen[ranks] {
                members[expert].append(row)
                weights.row(row)[expert] = factor
            }
        }
        record(weights) { gradient in
            let target = scores.openGradient()
            for (row, chosen) in choices.enumerated() {
                let outer = Array(UnsafeBufferPointer(start: gradient + row * experts, count: experts))
                let inner = routing.gradient(outer, of: rows[row], chosen: chosen.map(\.expert))
                for expert in 0..<experts { target[row * experts + expert] += inner[expert] }
            }
        }
        return members.enumerated().compactMap { expert, rows in
            rows.isEmpty
                ? nil : ExpertShare(expert: expert, rows: rows, factors: factors(of: expert, rows, in: weights))
        }
    }

    private func factors(of expert: Int, _ rows: [Int], in weights: TapedRows) -> TapedRows {
        let output = make(rows.count, 1, isTracked: weights.isTracked)
        for (index, row) in rows.enumerated() { output.values[index] = weights.row(row)[expert] }
        record(output) { gradient in
            let target = weights.openGradient()
            for (index, row) in rows.enumerated() { target[row * weights.width + expert] += gradient[index] }
        }
        return output
    }
}

extension Routing {
    /// The gradient of a token's scores, given that of its experts' weights, 0 for those that it does not use.
    fileprivate func gradient(_ outer: [Float], of scores: [Float], chosen: [Int]) -> [Float] {
        switch weighing {
        case .softmax:
            let largest = scores.max() ?? 0
            let weights = scores.map { expf($0 - largest) }
            guard renormalizes else {
                return softmaxGradient(outer, weights, over: Array(scores.indices))
            }
            return renormalizedGradient(outer, weights, slopes: weights, chosen)
        case .sigmoid:
            let weights = scores.map { 1 / (1 + expf(-$0)) }
            let slopes = weights.map { $0 * (1 - $0) }
            guard renormalizes else { return zip(outer, slopes).map { scale * $0 * $1 } }
            return renormalizedGradient(outer, weights, slopes: slopes, chosen)
        case .sparse(let tolerance):
            var result = [Float](repeating: 0, count: scores.count)
            for (best, near) in rankSparsely(scores, tolerance) {
                var single = [Float](repeating: 0, count: scores.count)
                single[best] = outer[best]
                let part = softmaxGradient(single, scores.map { expf($0 - scores[best]) }, over: near)
                for index in result.indices { result[index] += part[index] }
            }
            return result
        }
    }

    private func softmaxGradient(_ outer: [Float], _ weights: [Float], over members: [Int]) -> [Float] {
        let total = members.reduce(0) { $0 + weights[$1] }
        let mean = members.reduce(0) { $0 + outer[$1] * weights[$1] / total }
        var result = [Float](repeating: 0, count: weights.count)
        for index in members { result[index] = scale * weights[index] / total * (outer[index] - mean) }
        return result
    }

    private func renormalizedGradient(
        _ outer: [Float], _ weights: [Float], slopes: [Float], _ chosen: [Int]
    ) -> [Float] {
        let total = chosen.reduce(sumOffset) { $0 + weights[$1] }
        let mean = chosen.reduce(0) { $0 + outer[$1] * weights[$1] / total }
        var result = [Float](repeating: 0, count: weights.count)
        for index in chosen { result[index] = scale * slopes[index] / total * (outer[index] - mean) }
        return result
    }
}
