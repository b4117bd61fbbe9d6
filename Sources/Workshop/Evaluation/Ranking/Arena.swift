/// One comparison of two players.
public struct Battle: Sendable, Hashable {
    /// Who won.
    public enum Outcome: String, Sendable, Hashable {
        case first, second, tie

        /// What the first player gets of the point.
        var score: Double { self == .first ? 1 : self == .tie ? 0.5 : 0 }
    }

    /// The first player.
    public var first: String
    /// The second player.
    public var second: String
    /// Who won.
    public var outcome: Outcome

    public init(_ first: String, _ second: String, _ outcome: Outcome) {
        (self.first, self.second, self.outcome) = (first, second, outcome)
    }
}

/// Ratings of players that meet in pairs, in the units of chess: 400 points are odds of ten to one.
public enum Arena {
    /// Elo ratings after all battles in their order, with the settings of FastChat's arena.
    public static func elo(
        _ battles: [Battle], factor: Double = 4, scale: Double = 400, initial: Double = 1000
    ) -> [String: Double] {
        var ratings: [String: Double] = [:]
        for battle in battles {
            let (first, second) = (ratings[battle.first] ?? initial, ratings[battle.second] ?? initial)
            let expected = 1 / (1 + 10.0.power((second - first) / scale))
            ratings[battle.first] = first + factor * (battle.outcome.score - expected)
            ratings[battle.second] = second - factor * (battle.outcome.score - expected)
        }
        return ratings
    }

    /// Ratings of greatest likelihood in Bradley and Terry's model (1952), around 1000.
    ///
    /// A tie is half a win for both. Each player also has `prior` games, half of them won, against one of rating 1000, so that a
    /// player without a defeat or a victory has a finite rating.
    public static func bradleyTerry(_ battles: [Battle], prior: Double = 0.1) throws(EvaluationError) -> [String:
        Double]
    {
        guard prior > 0 else {
            throw EvaluationError(
                .parameter, at: "prior", "is \(prior)", remedy: "without it an undefeated player has no finite rating")
        }
        let names = Set(battles.flatMap { [$0.first, $0.second] }).sorted()
        let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        var wins = [Double](repeating: prior / 2, count: names.count)
        var games = [[Int: Double]](repeating: [:], count: names.count)
        for battle in battles where battle.first != battle.second {
            guard let first = numbers[battle.first], let second = numbers[battle.second] else { continue }
            wins[first] += battle.outcome.score
            wins[second] += 1 - battle.outcome.score
            games[first][second, default: 0] += 1
            games[second][first, default: 0] += 1
        }
        let opponents = games.map { $0.sorted { $0.key < $1.key } }
        var strengths = [Double](repeating: 0, count: names.count)
        for _ in 0..<200 {
            let step = newtonStep(strengths, wins: wins, opponents: opponents, prior: prior)
            // Far from the solution whole steps would overshoot.
            let length = step.map(abs).max() ?? 0
            for player in strengths.indices { strengths[player] += step[player] * min(1, 1 / max(length, 1e-300)) }
            if length < 1e-12 { break }
        }
        let ratings = strengths.map { 1000 + 400 * $0 / 10.0.logarithm }
        return Dictionary(uniqueKeysWithValues: zip(names, ratings))
    }

    /// How far Newton's method changes logarithmic strengths: gradient over curvature of the likelihood, which is concave.
    private static func newtonStep(
        _ strengths: [Double], wins: [Double], opponents: [[(key: Int, value: Double)]], prior: Double
    ) -> [Double] {
        func odds(_ gap: Double) -> Double { 1 / (1 + (-gap).exponential) }
        let rows = strengths.indices.map { player -> [Double] in
            var row = [Double](repeating: 0, count: strengths.count + 1)
            let chance = odds(strengths[player])
            row[strengths.count] = wins[player] - prior * chance
            row[player] = prior * chance * (1 - chance)
            for (opponent, games) in opponents[player] {
                let chance = odds(strengths[player] - strengths[opponent])
                row[strengths.count] -= games * chance
                row[player] += games * chance * (1 - chance)
                row[opponent] -= games * chance * (1 - chance)
            }
            return row
        }
        return LinearSystem.solution(rows)
    }

    /// Bradley and Terry's ratings with intervals over samples of the battles; a player that a sample leaves out has 1000 there.
    public static func intervals(
        _ battles: [Battle], prior: Double = 0.1, samples: Int = 100, confidence: Double = 0.95, seed: UInt32 = 0
    ) throws(EvaluationError) -> [String: Bootstrap.Interval] {
        guard !battles.isEmpty, samples > 0 else {
            throw EvaluationError(.empty, at: "battles", "there are \(battles.count) and \(samples) samples")
        }
        var generator = MersenneTwister(numpySeed: seed)
        var values: [String: [Double]] = [:]
        let names = Set(battles.flatMap { [$0.first, $0.second] })
        for _ in 0..<samples {
            let drawn = generator.numpyChoices(battles.count, of: battles.count).map { battles[$0] }
            let ratings = try bradleyTerry(drawn, prior: prior)
            for name in names { values[name, default: []].append(ratings[name] ?? 1000) }
        }
        let delta = (1 - confidence) / 2
        return values.mapValues { values in
            let sorted = values.sorted()
            return Bootstrap.Interval(
                low: Bootstrap.percentile(sorted, delta), middle: Bootstrap.percentile(sorted, 0.5),
                high: Bootstrap.percentile(sorted, 1 - delta))
        }
    }
}
