import Platform

/// Okapi BM25 (Robertson & Zaragoza 2009) with the inverse document frequency that stays positive, as Lucene has it:
/// ln(1 + (N - n + 0.5) / (n + 0.5)).
public struct BM25: Sendable, Hashable {
    /// How soon more of the same word stop counting.
    public var k1 = 1.5
    /// How far long texts are held back.
    public var b = 0.75

    /// The usual parameters.
    public init(k1: Double = 1.5, b: Double = 0.75) { (self.k1, self.b) = (k1, b) }

    /// What a word adds to a text's score.
    ///
    /// - Parameters:
    ///   - count: How often the text has it.
    ///   - length: The words of the text.
    ///   - averageLength: The words of a text on average.
    ///   - texts: The number of texts.
    ///   - holders: Those that have the word.
    public func weight(count: Int, length: Int, averageLength: Double, texts: Int, holders: Int) -> Double {
        let rarity = log(1 + (Double(texts - holders) + 0.5) / (Double(holders) + 0.5))
        let frequency = Double(count)
        return rarity * frequency / (frequency + k1 * (1 - b + b * Double(length) / max(averageLength, 1e-9)))
    }
}

/// A vector of which most values are zero, such as a learned weighting of words.
public struct SparseVector: Sendable, Hashable, Codable {
    /// The dimensions that are not zero, and their values.
    public let entries: [UInt32: Float]

    /// A vector; zeros are left out.
    public init(_ entries: [UInt32: Float]) { self.entries = entries.filter { $0.value != 0 } }

    /// The dot product with another one.
    public func dot(_ other: SparseVector) -> Float {
        let (short, long) = entries.count < other.entries.count ? (self, other) : (other, self)
        return short.entries.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value * (long.entries[$1.key] ?? 0) }
    }
}
