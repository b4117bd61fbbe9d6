/// Results that differ from each other: maximal marginal relevance (Carbonell & Goldstein 1998).
public enum MarginalRelevance {
    /// The places of `count` candidates in the order in which they are chosen: each is the one for which lambda * similarity to
    /// the query - (1 - lambda) * largest similarity to those chosen before is largest; of equal ones the first.
    ///
    /// - Parameters:
    ///   - query: The vector asked with.
    ///   - candidates: Vectors of the same dimension, best first.
    ///   - lambda: 1 looks at relevance alone, 0 at difference alone.
    public static func choose(_ query: [Float], from candidates: [[Float]], count: Int, lambda: Float = 0.5) -> [Int] {
        let relevance = candidates.map { cosine(query, $0) }
        var closest = [Float](repeating: -.infinity, count: candidates.count)
        var chosen: [Int] = []
        var open = Array(candidates.indices)
        while chosen.count < count, !open.isEmpty {
            func value(_ place: Int) -> Float {
                lambda * relevance[place] - (chosen.isEmpty ? 0 : (1 - lambda) * closest[place])
            }
            guard var best = open.first else { break }
            for place in open.dropFirst() where value(place) > value(best) { best = place }
            chosen.append(best)
            open.removeAll { $0 == best }
            for place in open { closest[place] = max(closest[place], cosine(candidates[best], candidates[place])) }
        }
        return chosen
    }

    /// The cosine of two vectors; 0 with one of length 0.
    static func cosine(_ a: [Float], _ b: [Float]) -> Float {
        var (dot, first, second) = (0.0, 0.0, 0.0)
        for (x, y) in zip(a, b) {
            dot += Double(x) * Double(y)
            first += Double(x) * Double(x)
            second += Double(y) * Double(y)
        }
        return first > 0 && second > 0 ? Float(dot / (first * second).squareRoot()) : 0
    }
}

/// Late interaction (Khattab & Zaharia 2020): texts as several vectors each.
public enum LateInteraction {
    /// The sum over the query's vectors of the largest dot product with a vector of the passage.
    ///
    /// - Parameters:
    ///   - query: [vectors][size]
    ///   - passage: [vectors][size]; a passage without vectors comes to minus infinity.
    public static func score(_ query: [[Float]], _ passage: [[Float]]) -> Float {
        query.reduce(0) { sum, vector in
            sum
                + passage.reduce(-Float.infinity) { best, other in
                    max(best, zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 })
                }
        }
    }
}
