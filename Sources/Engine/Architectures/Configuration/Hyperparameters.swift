package import Checkpoints
package import JSONValues

/// The numbers of a model's configuration, by their names in `config.json` and in GGUF metadata.
package struct Hyperparameters: Sendable {
    /// Where the numbers come from.
    package enum Source: Sendable {
        /// GGUF metadata; keys begin with the architecture's name.
        case gguf(GGUFMetadata, architecture: String)
        /// A `config.json`.
        case huggingFace(JSON)
    }

    /// Where the numbers come from.
    package let source: Source
    /// The file or folder, for errors.
    package let path: String
    /// The names of the checkpoint's tensors, which say what GGUF's keys leave out.
    private let tensors: Set<String>

    package init(source: Source, path: String, tensors: Set<String> = []) {
        self.source = source
        self.path = path
        self.tensors = tensors
    }

    /// Whether the checkpoint has a tensor.
    func hasTensor(_ name: String) -> Bool { tensors.contains(name) }

    /// Whether the checkpoint has a tensor, in whichever block.
    func hasTensor(ending: String) -> Bool { tensors.contains { $0.hasSuffix(ending) } }

    /// A Boolean of config.json; in GGUF files, whether there is a tensor.
    func flag(_ key: Key, orTensor name: String) throws -> Bool? {
        isGGUF ? hasTensor(name) : try flag(key)
    }

    /// The key that a configuration uses: in config.json one of several names that families have for the same, in GGUF
    /// the architecture's name and then `gguf`. A dot leads into an object.
    package struct Key: Sendable {
        let names: [String]
        let gguf: String?

        /// Names the key in both worlds; without `gguf`, GGUF files do not have it.
        package init(_ names: String..., gguf: String? = nil) { self.init(names, gguf: gguf) }

        init(_ names: [String], gguf: String? = nil) {
            self.names = names
            self.gguf = gguf
        }
    }

    /// Reads the configuration of a checkpoint.
    init(_ checkpoint: Checkpoint) throws {
        switch checkpoint.metadata {
        case .gguf(let metadata):
            guard let architecture = try metadata.string("general.architecture") else {
                throw ArchitectureError(
                    path: checkpoint.path, key: "metadata key general.architecture", reason: "is missing")
            }
            self.init(
                source: .gguf(metadata, architecture: architecture), path: checkpoint.path,
                tensors: Set(checkpoint.tensors.keys))
        case .huggingFace(let files):
            self.init(source: .huggingFace(Self.textConfiguration(files.config)), path: checkpoint.path)
        case .bare(let parameters):
            let config = try BareTensors(checkpoint).configuration(parameters: parameters)
            self.init(source: .huggingFace(config), path: checkpoint.path)
        }
    }

    /// Whether the source is a GGUF file.
    package var isGGUF: Bool {
        if case .gguf = source { true } else { false }
    }

    /// The value under a key; nil if it is absent or null.
    package func value(_ key: Key) throws -> JSON? {
        switch source {
        case .huggingFace(let config):
            for name in key.names {
                let value = name.split(separator: ".").reduce(Optional(config)) { $0?[String($1)] }
                if let value, !value.isNull { return value }
            }
            return nil
        case .gguf(let metadata, let architecture):
            return try key.gguf.flatMap { try metadata.json("\(architecture).\($0)") }
        }
    }

    /// A positive whole number.
    package func count(_ key: Key) throws -> Int {
        guard let count = try countIfPresent(key) else { throw error(key, "is missing") }
        return count
    }

    /// A positive whole number, nil if it is absent.
    ///
    /// Of a list, which may have a number for each layer, the first that is not 0.
    package func countIfPresent(_ key: Key, orZero: Bool = false) throws -> Int? {
        guard var value = try value(key) else { return nil }
        if let list = value.arrayValue, let first = list.first(where: { $0.intValue != 0 }) { value = first }
        guard let count = value.intValue else { throw error(key, "is \(value.kind), not a whole number") }
        if orZero, count == 0 { return 0 }
        guard (1...Self.largestCount).contains(count) else {
            throw error(key, "is \(count), not within 1 to \(Self.largestCount)")
        }
        return count
    }

    /// A finite number, nil if it is absent.
    package func number(_ key: Key) throws -> Float? {
        guard let value = try value(key) else { return nil }
        guard let number = value.doubleValue.map(Float.init), number.isFinite else {
            throw error(key, "is \(value.doubleValue.map { "\($0)" } ?? value.kind), not a finite number of 32 bits")
        }
        return number
    }

    /// A Boolean, nil if it is absent.
    package func flag(_ key: Key) throws -> Bool? {
        guard let value = try value(key) else { return nil }
        guard let flag = value.boolValue else { throw error(key, "is \(value.kind), not a Boolean") }
        return flag
    }

    /// A string, nil if it is absent.
    package func text(_ key: Key) throws -> String? {
        guard let value = try value(key) else { return nil }
        guard let text = value.stringValue else { throw error(key, "is \(value.kind), not a string") }
        return text
    }

    /// A finite number above 0, nil if it is absent.
    package func positive(_ key: Key) throws -> Float? {
        guard let number = try number(key) else { return nil }
        guard number > 0 else { throw error(key, "is \(number); a positive number is needed") }
        return number
    }

    /// A finite number above 0.
    package func requiredPositive(_ key: Key) throws -> Float {
        guard let number = try positive(key) else { throw error(key, "is missing") }
        return number
    }

    /// A whole number for each layer: a list, or one number for all; nil if it is absent.
    package func counts(_ key: Key, layers: Int) throws -> [Int]? {
        guard let list = try value(key)?.arrayValue else {
            return try countIfPresent(key).map { [Int](repeating: $0, count: layers) }
        }
        let counts = list.compactMap(\.intValue).filter { (0...Self.largestCount).contains($0) }
        guard counts.count == layers, list.count == layers else {
            throw error(key, "is not a list of \(layers) whole numbers, one for each layer")
        }
        return counts
    }

    /// A whole number for each layer: a list, or one number for all.
    func requiredCounts(_ key: Key, layers: Int) throws -> [Int] {
        guard let counts = try counts(key, layers: layers) else { throw error(key, "is missing") }
        return counts
    }

    /// A size made of several, which must not be larger than any count may be.
    func product(_ factors: Int..., key: Key) throws -> Int {
        var product = 1
        for factor in factors {
            let (next, overflow) = product.multipliedReportingOverflow(by: factor)
            guard !overflow, next <= Self.largestCount else {
                let sizes = factors.map(String.init).joined(separator: " * ")
                throw error(key, "leads to a size of \(sizes), more than the \(Self.largestCount) that are supported")
            }
            product = next
        }
        return product
    }

    /// A length times a factor of the configuration.
    func stretched(_ length: Int, by factor: Float, key: Key) throws -> Int {
        let stretched = Float(length) * factor
        guard stretched >= 1, stretched <= Float(Self.largestCount) else {
            throw error(
                key,
                "is \(factor), which makes \(stretched) positions of \(length); 1 to \(Self.largestCount) are supported"
            )
        }
        return Int(stretched)
    }

    /// Finite numbers, as many as `count`.
    package func numbers(_ key: Key, count: Int) throws -> [Float] {
        let list = try value(key)?.arrayValue?.compactMap(\.doubleValue).map(Float.init) ?? []
        guard list.count == count, list.allSatisfy(\.isFinite) else {
            throw error(key, "is not a list of \(count) numbers")
        }
        return list
    }

    /// An error about a key, named as the source names it.
    package func error(_ key: Key, _ reason: String) -> ArchitectureError {
        switch source {
        case .huggingFace(let config):
            let name = key.names.first { config[String($0.prefix { $0 != "." })] != nil } ?? key.names.first ?? ""
            return ArchitectureError(path: path, key: "config.json key \(name)", reason: reason)
        case .gguf(_, let name):
            return ArchitectureError(path: path, key: "metadata key \(name).\(key.gguf ?? "")", reason: reason)
        }
    }

    /// No count in a configuration is larger, so that sizes made of several cannot overflow.
    static let largestCount = 1 << 24
    /// No model has more layers; a damaged file might say so.
    static let largestLayerCount = 4096
}
