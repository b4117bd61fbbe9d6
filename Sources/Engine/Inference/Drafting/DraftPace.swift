/// How many tokens it pays to guess, by how long guessing and checking take: that is measured as steps go by.
struct DraftPace {
    /// Seconds of a pass of the draft model.
    private var pass: Double?
    /// Seconds of a step of the model, by its rows.
    private var steps: [Int: Double] = [:]

    /// The guesses before anything is measured.
    private static let firstLength = 3
    /// By how much a step takes longer for each row more, where that was not measured.
    private static let rowShare = 0.08

    /// Takes note of what a pass that guesses a token for each of its texts takes, all passes of a step on average.
    mutating func recordPass(seconds: Double) { pass = Self.mean(pass, seconds) }

    /// Takes note of a step of the model.
    mutating func recordStep(seconds: Double, rows: Int) { steps[rows] = Self.mean(steps[rows], seconds) }

    /// How many guesses, at most `most`, give the most tokens a second.
    ///
    /// - Parameters:
    ///   - rate: how often a guess is right.
    ///   - texts: how many texts are continued in a step.
    func length(rate: Double, texts: Int, most: Int) -> Int {
        // What a step without guesses takes must be known, not guessed from longer ones.
        guard let plain = steps[texts] else { return 0 }
        guard let pass else { return min(most, Self.firstLength) }
        var best = (length: 0, speed: 1 / plain)
        var (tokens, reach) = (1.0, 1.0)
        for length in 1..<max(most, 0) + 1 {
            reach *= rate
            tokens += reach
            let speed = tokens / (Double(length) * pass + (seconds(rows: texts * (length + 1)) ?? plain))
            if speed > best.speed { best = (length, speed) }
        }
        return best.length
    }

    /// What was measured for the nearest number of rows, and a little for each that it lacks.
    private func seconds(rows: Int) -> Double? {
        guard let nearest = steps.keys.min(by: { (abs($0 - rows), $0) < (abs($1 - rows), $1) }) else { return nil }
        return steps[nearest].map { $0 * max(0.2, 1 + Self.rowShare * Double(rows - nearest)) }
    }

    private static func mean(_ known: Double?, _ value: Double) -> Double {
        known.map { 0.8 * $0 + 0.2 * value } ?? value
    }
}
