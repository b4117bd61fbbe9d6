/// Why a vector, an index or a collection was refused: what is wrong, where, and what to do about it.
public enum VectorError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A vector has another dimension than the collection.
    case wrongDimension(id: String, found: Int, expected: Int)
    /// A vector holds NaN or an infinity, at a place counted from 0.
    case notFinite(id: String, place: Int)
    /// A vector of length 0 has no direction, so the cosine with it has no meaning.
    case zeroVector(id: String)
    /// Jaccard's distance is defined for values from 0.
    case negativeValue(id: String, place: Int)
    /// A metric that has no meaning for an encoding.
    case unsuitableMetric(Metric, VectorEncoding)
    /// Options outside of what is possible.
    case invalidOption(String)
    /// The collection was made with another encoder, so its vectors cannot be compared.
    case otherEncoder(path: String, found: String, expected: String)
    /// There is a collection already.
    case exists(path: String)
    /// There is none.
    case missing(path: String)
    /// A file of a collection is damaged.
    case damaged(path: String, reason: String)
    /// Written by a later version.
    case newerFormat(path: String, found: Int, supported: Int)
    /// Another process writes to the collection.
    case locked(path: String)
    /// Opened for reading only.
    case readOnly(path: String)
    /// A server of vectors cannot be used, or refuses something.
    case server(address: String, reason: String)
    /// A filter that cannot be evaluated.
    case invalidFilter(String)

    /// The whole message.
    public var description: String {
        switch self {
        case .wrongDimension(let id, let found, let expected):
            "the vector of \(id) has \(found) values, and this collection has \(expected). Use the encoder that it was made with."
        case .notFinite(let id, let place):
            "the vector of \(id) is no number at place \(place). Leave it out, or encode it again."
        case .zeroVector(let id):
            "the vector of \(id) is all zeros, which has no direction. Leave it out, or use another metric than cosine."
        case .negativeValue(let id, let place):
            "the vector of \(id) is negative at place \(place), and Jaccard's distance is for values from 0."
        case .unsuitableMetric(let metric, let encoding):
            "\(metric.rawValue) has no meaning for vectors stored as \(encoding.rawValue)."
        case .invalidOption(let reason): reason
        case .otherEncoder(let path, let found, let expected):
            "\(path) was made with the encoder \(found), not \(expected). Name that encoder, or index the documents anew."
        case .exists(let path): "\(path) is there already. Open it, or remove it first."
        case .missing(let path): "\(path) holds no collection. Check the path, or create one."
        case .damaged(let path, let reason):
            "\(path) is damaged: \(reason). Restore it from a copy, or index the documents anew."
        case .newerFormat(let path, let found, let supported):
            "\(path) has format \(found); this version reads up to \(supported). Use a newer version of the program."
        case .locked(let path): "\(path) is being written by another process. Wait for it, or open for reading."
        case .readOnly(let path): "\(path) is open for reading only."
        case .server(let address, let reason): "\(address): \(reason)"
        case .invalidFilter(let reason): "the filter cannot be used: \(reason)."
        }
    }
}
