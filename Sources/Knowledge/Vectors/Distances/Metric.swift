/// How far apart two vectors are.
public enum Metric: String, Sendable, Codable, CaseIterable {
    /// The squared Euclidean distance.
    case l2
    /// The dot product: the larger, the nearer.
    case dot
    /// The cosine of the angle; vectors are kept with length 1.
    case cosine
    /// 1 - sum of minimums / sum of maximums of values from 0 (Ruzicka), which for bits is Jaccard's distance.
    case jaccard
    /// The number of values that differ.
    case hamming

    /// What searches sort by is the smaller the nearer; this is what they report as a distance: for cosine 1 - cosine, for
    /// dot the negative product.
    package func distance(sorted value: Float) -> Float { self == .cosine ? 1 + value : value }

    /// The similarity that belongs to a distance, which grows as vectors come nearer: the dot product; the cosine (-1 to
    /// 1); 1 / (1 + d) for L2 and 1 - d for Jaccard (0 to 1); and the share of equal values for Hamming (0 to 1).
    ///
    /// - Parameter size: The dimension of the vectors.
    public func similarity(distance: Float, size: Int) -> Float {
        switch self {
        case .l2: 1 / (1 + distance)
        case .dot: -distance
        case .cosine, .jaccard: 1 - distance
        case .hamming: 1 - distance / Float(max(size, 1))
        }
    }
}

/// How the values of vectors are stored.
public enum VectorEncoding: String, Sendable, Codable, CaseIterable {
    /// 4 bytes a value, exact.
    case f32
    /// 2 bytes a value, off by 0.05% at most.
    case f16
    /// 1 byte a value, with a scale for each vector: off by 0.4% of the vector's largest value at most.
    case int8
    /// 1 bit a value: whether it is above 0.
    case binary
}
