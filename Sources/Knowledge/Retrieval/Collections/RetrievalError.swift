/// Why a collection of documents cannot be used: what is wrong, and what to do about it.
public enum RetrievalError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A name that cannot be that of a folder.
    case invalidName(String)
    /// There is no such collection.
    case unknown(String, available: [String])
    /// There is one already.
    case exists(String)
    /// Nothing was named, and nothing is known from before.
    case nothingToIndex(String)
    /// The encoder's vectors have another length than those of the collection.
    case otherDimension(collection: String, encoder: String, found: Int, expected: Int)
    /// The catalog of a collection is damaged.
    case damaged(path: String, reason: String)
    /// A cache of answers is damaged, or cannot be written.
    case damagedCache(path: String, reason: String)
    /// No passage leaves room for an answer.
    case noRoom(context: Int)

    /// The whole message.
    public var description: String {
        switch self {
        case .invalidName(let name):
            "\"\(name)\" cannot be the name of a collection: use up to 100 letters, digits, dots, dashes and underscores, and "
                + "begin with a letter or digit"
        case .unknown(let name, let available):
            "there is no collection \"\(name)\"; "
                + (available.isEmpty
                    ? "make one: swiftlet index NAME PATH" : "there are \(available.joined(separator: ", "))")
        case .exists(let name): "there is a collection \"\(name)\" already"
        case .nothingToIndex(let name): "\(name) is empty: name the files and folders to index"
        case .otherDimension(let collection, let encoder, let found, let expected):
            "the vectors of \(encoder) have \(found) values, and those of \(collection) \(expected): use the encoder that it was "
                + "made with, or make another collection"
        case .damaged(let path, let reason):
            "\(path) is damaged: \(reason). Remove the collection and index its documents anew"
        case .damagedCache(let path, let reason):
            "\(path) cannot be used: \(reason). Make room, or remove the folder: answers are cached anew"
        case .noRoom(let context):
            "the question and a passage do not fit the context of \(context) tokens together with an answer; set a longer "
                + "context, or ask for a shorter answer"
        }
    }
}
