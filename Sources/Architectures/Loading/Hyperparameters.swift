public import Checkpoints
public import JSONValues

/// The numbers of a model's configuration, by their names in `config.json` and in GGUF metadata.
public struct Hyperparameters: Sendable {
    /// Where the numbers come from.
    public enum Source: Sendable {
        /// GGUF metadata; keys begin with the architecture's name.
        case gguf(GGUFMetadata, architecture: String)
        /// A `config.json`.
        case huggingFace(JSON)
    }

    /// Where the numbers come from.
    public let source: Source
    /// The file or folder, for errors.
    public let path: String

    /// Makes a reader of a configuration.
    public init(source: Source, path: String) {
        self.source = source
        self.path = path
    }

    /// The key that a configuration uses: `huggingFace` in config.json, the architecture and `gguf` in GGUF.
    public struct Key: Sendable {
        let huggingFace: String
        let gguf: String

        /// Names the key in both worlds.
        public init(_ huggingFace: String, gguf: String) {
            self.huggingFace = huggingFace
            self.gguf = gguf
        }
    }

    /// Whether the source is a GGUF file.
    public var isGGUF: Bool {
        if case .gguf = source { true } else { false }
    }

    /// The value under a key: a number, a Boolean or a string; nil if it is absent or null.
    public func value(_ key: Key) throws -> JSON? {
        switch source {
        case .huggingFace(let config):
            var value: JSON? = config
            for part in key.huggingFace.split(separator: ".") { value = value?[String(part)] }
            return value.flatMap { $0.isNull ? nil : $0 }
        case .gguf(let metadata, let architecture):
            return try metadata.scalar("\(architecture).\(key.gguf)")
        }
    }

    /// A positive whole number.
    public func count(_ key: Key) throws -> Int {
        guard let count = try countIfPresent(key) else { throw error(key, "is missing") }
        return count
    }

    /// A positive whole number, nil if it is absent.
    public func countIfPresent(_ key: Key) throws -> Int? {
        guard let value = try value(key) else { return nil }
        guard let count = value.intValue else { throw error(key, "is \(value.kind), not a whole number") }
        guard (1...Self.largestCount).contains(count) else {
            throw error(key, "is \(count), not within 1 to \(Self.largestCount)")
        }
        return count
    }

    /// A finite number, nil if it is absent.
    public func number(_ key: Key) throws -> Float? {
        guard let value = try value(key) else { return nil }
        guard let number = value.doubleValue, number.isFinite else {
            throw error(key, "is \(value.kind), not a finite number")
        }
        return Float(number)
    }

    /// A Boolean, nil if it is absent.
    public func flag(_ key: Key) throws -> Bool? {
        guard let value = try value(key) else { return nil }
        guard let flag = value.boolValue else { throw error(key, "is \(value.kind), not a Boolean") }
        return flag
    }

    /// A string, nil if it is absent.
    public func text(_ key: Key) throws -> String? {
        guard let value = try value(key) else { return nil }
        guard let text = value.stringValue else { throw error(key, "is \(value.kind), not a string") }
        return text
    }

    /// An error about a key, named as the source names it.
    public func error(_ key: Key, _ reason: String) -> ArchitectureError {
        switch source {
        case .huggingFace: ArchitectureError(path: path, key: "config.json key \(key.huggingFace)", reason: reason)
        case .gguf(_, let name): ArchitectureError(path: path, key: "metadata key \(name).\(key.gguf)", reason: reason)
        }
    }

    /// No count in a configuration is larger, so that sizes made of several cannot overflow.
    static let largestCount = 1 << 24
    /// No model has more layers; a damaged file might say so.
    static let largestLayerCount = 4096
}

extension GGUFMetadata {
    /// A value that is not an array, as JSON.
    func scalar(_ key: String) throws -> JSON? {
        if let value = try? int(key) { return .integer(value) }
        if let value = try? double(key) { return .number(value) }
        if let value = try? bool(key) { return .bool(value) }
        return try string(key).map(JSON.string)
    }
}
