import Platform

/// CMA-ES (Hansen, arXiv:1604.00772): searches the vector with the smallest score by draws whose distribution learns from them.
struct EvolutionStrategy {
    /// Where the draws lie.
    private(set) var mean: [Double]
    /// How far they go.
    private(set) var step: Double
    /// The draws of a generation.
    let population: Int

    private let size: Int
    private let weights: [Double]
    private let effective: Double
    private let rates: (sigma: Double, path: Double, one: Double, mu: Double, damping: Double)
    private let expectedNorm: Double
    private var covariance: [Double]
    private var axes: (scales: [Double], vectors: [[Double]])
    private var pathSigma: [Double]
    private var pathCovariance: [Double]
    private var generation = 0
    private var random: NormalRandom

    init(mean: [Double], step: Double, population: Int? = nil, seed: UInt64) {
        let (n, count) = (Double(mean.count), mean.count)
        (self.mean, self.step, size) = (mean, step, mean.count)
        let draws = max(4, population ?? 4 + Int(3 * log(max(n, 1))))
        self.population = draws
        let raw = (0..<draws / 2).map { log(Double(draws + 1) / 2) - log(Double($0 + 1)) }
        let sum = raw.reduce(0, +)
        let shares = raw.map { $0 / sum }
        let effective = 1 / shares.reduce(0) { $0 + $1 * $1 }
        (weights, self.effective) = (shares, effective)
        let path = (4 + effective / n) / (n + 4 + 2 * effective / n)
        let sigma = (effective + 2) / (n + effective + 5)
        let one = 2 / ((n + 1.3) * (n + 1.3) + effective)
        let mu = min(1 - one, 2 * (effective - 2 + 1 / effective) / ((n + 2) * (n + 2) + effective))
        let damping = 1 + 2 * max(0, ((effective - 1) / (n + 1)).squareRoot() - 1) + sigma
        rates = (sigma, path, one, mu, damping)
        expectedNorm = n.squareRoot() * (1 - 1 / (4 * n) + 1 / (21 * n * n))
        covariance = (0..<count * count).map { $0 % (count + 1) == 0 ? 1.0 : 0 }
        axes = (
            [Double](repeating: 1, count: count),
            (0..<count).map { row in (0..<count).map { $0 == row ? 1 : 0 } }
        )
        pathSigma = [Double](repeating: 0, count: count)
        pathCovariance = pathSigma
        random = NormalRandom(CountedRandom(seed: seed, tensor: "evolution", input: 0))
    }

    /// The draws of the next generation.
    mutating func draws() -> [[Double]] {
        (0..<population).map { _ in
            var draw = mean
            for axis in 0..<size {
                let length = step * axes.scales[axis] * Double(random.next())
                for index in 0..<size { draw[index] += length * axes.vectors[axis][index] }
            }
            return draw
        }
    }

    /// Learns from the scores of a generation's draws.
    mutating func learn(_ draws: [[Double]], scores: [Double]) {
        generation += 1
        let best = draws.indices.sorted { scores[$0] < scores[$1] }.prefix(weights.count).map { draws[$0] }
        let old = mean
        for index in 0..<size { mean[index] = zip(weights, best).reduce(0) { $0 + $1.0 * $1.1[index] } }
        let move = zip(mean, old).map { ($0 - $1) / step }
        var white = [Double](repeating: 0, count: size)
        for axis in 0..<size {
            let along = zip(axes.vectors[axis], move).reduce(0) { $0 + $1.0 * $1.1 } / max(axes.scales[axis], 1e-12)
            for index in 0..<size { white[index] += along * axes.vectors[axis][index] }
        }
        let c = rates.sigma
        for index in 0..<size {
            pathSigma[index] = (1 - c) * pathSigma[index] + (c * (2 - c) * effective).squareRoot() * white[index]
        }
        let norm = pathSigma.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let bound = 1.4 + 2 / (Double(size) + 1)
        let decay = (1 - pow(1 - c, Double(2 * generation))).squareRoot()
        let isMoving = norm / decay / expectedNorm < bound ? 1.0 : 0
        let p = rates.path
        for index in 0..<size {
            pathCovariance[index] =
                (1 - p) * pathCovariance[index] + isMoving * (p * (2 - p) * effective).squareRoot() * move[index]
        }
        update(best, old, isMoving)
        step *= exp(c / rates.damping * (norm / expectedNorm - 1))
        let (values, vectors) = SymmetricEigen.decompose(covariance, size: size)
        axes = (values.map { max($0, 1e-20).squareRoot() }, vectors)
    }

    private mutating func update(_ best: [[Double]], _ old: [Double], _ isMoving: Double) {
        let (one, mu, p) = (rates.one, rates.mu, rates.path)
        for a in 0..<size {
            for b in 0..<size {
                var rankMu = 0.0
                for (weight, draw) in zip(weights, best) {
                    rankMu += weight * ((draw[a] - old[a]) / step) * ((draw[b] - old[b]) / step)
                }
                let element = covariance[a * size + b]
                // What the path lacks while it stands still is made up for.
                let lost = (1 - isMoving) * p * (2 - p) * element
                let rankOne = pathCovariance[a] * pathCovariance[b] + lost
                covariance[a * size + b] = (1 - one - mu) * element + mu * rankMu + one * rankOne
            }
        }
    }
}
