import Platform

/// Changes the logits of single tokens before one is chosen.
package protocol LogitProcessor: Sendable {
    /// The changes that `history`, the text so far, asks for, by token id.
    func changes(_ history: [Int32]) -> [Int32: LogitChange]
}

/// A change of one logit.
package struct LogitChange: Sendable, Hashable {
    /// Divides positive and multiplies negative logits.
    package var divisor: Float = 1
    /// Added after that.
    package var summand: Float = 0

    func applied(to logit: Float) -> Float { (logit > 0 ? logit / divisor : logit * divisor) + summand }
}

/// Added to the logits of chosen tokens.
struct LogitBias: LogitProcessor {
    let bias: [Int32: Float]

    func changes(_ history: [Int32]) -> [Int32: LogitChange] { bias.mapValues { LogitChange(summand: $0) } }
}

/// The repetition, frequency and presence penalties.
struct RepetitionPenalties: LogitProcessor {
    let repetition: Float
    let frequency: Float
    let presence: Float
    /// How many of the last tokens count; nil for all.
    let window: Int?

    init?(_ parameters: SamplingParameters) {
        (repetition, frequency) = (parameters.repetitionPenalty, parameters.frequencyPenalty)
        (presence, window) = (parameters.presencePenalty, parameters.penaltyWindow)
        if repetition == 1, frequency == 0, presence == 0 { return nil }
    }

    func changes(_ history: [Int32]) -> [Int32: LogitChange] {
        var counts: [Int32: Int] = [:]
        for id in history.suffix(window ?? history.count) { counts[id, default: 0] += 1 }
        return counts.mapValues { LogitChange(divisor: repetition, summand: -Float($0) * frequency - presence) }
    }
}

/// DRY: what would continue a repetition of the text's end is the less likely the longer that is.
struct RepetitionGuard: LogitProcessor {
    let multiplier: Float
    let base: Float
    let allowedLength: Int
    let window: Int?
    /// Tokens at which repetitions begin anew.
    let isBreaker: @Sendable (Int32) -> Bool

    init?(_ parameters: SamplingParameters, isBreaker: @escaping @Sendable (Int32) -> Bool) {
        (multiplier, base) = (parameters.dryMultiplier, parameters.dryBase)
        (allowedLength, window) = (parameters.dryAllowedLength, parameters.dryWindow)
        self.isBreaker = isBreaker
        if multiplier == 0 || base < 1 || window == 0 { return nil }
    }

    func changes(_ history: [Int32]) -> [Int32: LogitChange] {
        let reversed = Array(history.suffix(window ?? history.count).reversed())
        let limit = reversed.firstIndex(where: isBreaker) ?? reversed.count
        guard reversed.count > allowedLength, limit >= allowedLength else { return [:] }
        var longest: [Int32: Int] = [:]
        for (start, length) in Self.matches(reversed).enumerated()
        where start > 0 && min(length, limit) >= allowedLength {
            // The token that came after the end's earlier occurrence.
            longest[reversed[start - 1]] = max(longest[reversed[start - 1]] ?? 0, min(length, limit))
        }
        let largest = base > 1.000001 ? Int(88.722839 / logf(base)) : 0
        return longest.filter { !isBreaker($0.key) }.mapValues { length in
            var exponent = length - allowedLength
            if largest > 0 { exponent = min(exponent, largest) }
            return LogitChange(summand: -multiplier * powf(base, Float(exponent)))
        }
    }

    /// For each place how many elements from there on are those that the array begins with (the Z function).
    static func matches(_ values: [Int32]) -> [Int] {
        var lengths = [Int](repeating: 0, count: values.count)
        var (left, right) = (0, 0)
        for place in values.indices.dropFirst() {
            var length = place < right ? min(right - place, lengths[place - left]) : 0
            while place + length < values.count, values[length] == values[place + length] { length += 1 }
            lengths[place] = length
            if place + length > right { (left, right) = (place, place + length) }
        }
        return lengths
    }
}
