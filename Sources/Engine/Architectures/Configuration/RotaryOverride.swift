public import JSONValues
import Tensors

/// How a user stretches a model's positions at run time, in place of what its configuration says.
public struct RotaryOverride: Sendable, Hashable {
    /// What `rope_scaling` in a config.json would be, and two kinds more: `selfextend` with `group` and `window`, and
    /// `lm-infinite` with `start` and `window`.
    public let settings: JSON

    private var kind: String { settings["rope_type"]?.stringValue ?? settings["type"]?.stringValue ?? "" }

    /// Reads `KIND`, `KIND:FACTOR`, `KIND:key=value,...` (lists with `/` between their numbers) or an object in JSON.
    ///
    /// - Throws: `RotaryOverrideError`.
    public init(_ text: String) throws {
        if text.hasPrefix("{") {
            do { settings = try JSON(parsing: text, source: "rope scaling") } catch {
                throw RotaryOverrideError(reason: "it is no JSON: \(error)")
            }
        } else {
            settings = .object(try Self.members(text))
        }
        guard Self.kinds.contains(kind) else {
            throw RotaryOverrideError(
                reason: "the kind \(kind) is not known; known are \(Self.kinds.joined(separator: ", "))")
        }
    }

    /// The kinds, as they are written.
    public static let kinds = [
        "linear", "ntk", "dynamic-linear", "dynamic", "yarn", "llama3", "longrope", "selfextend", "lm-infinite",
    ]

    private static func members(_ text: String) throws -> JSON.Object {
        let parts = text.split(separator: ":", maxSplits: 1)
        var members: JSON.Object = ["rope_type": .string(parts.first.map(String.init) ?? "")]
        guard parts.count == 2 else { return members }
        for setting in parts[1].split(separator: ",") {
            let pair = setting.split(separator: "=", maxSplits: 1)
            let numbers = (pair.last ?? "").split(separator: "/").map { Double($0) }
            guard !numbers.isEmpty, numbers.allSatisfy({ $0?.isFinite == true }) else {
                throw RotaryOverrideError(reason: "\(setting) is neither a number nor key=number")
            }
            let key = pair.count == 2 ? String(pair[0]) : "factor"
            let values = numbers.map { number -> JSON in
                let number = number ?? 0
                return Int(exactly: number).map(JSON.integer) ?? .number(number)
            }
            members[key == "original" ? "original_max_position_embeddings" : key] =
                values.count == 1 ? values[0] : .array(values)
        }
        return members
    }

    /// Puts the change in place of the spec's own.
    func apply(to spec: inout NetworkSpec, path: String) throws {
        guard spec.layers.contains(where: { $0.mixer.rotary != nil }) else {
            throw ArchitectureError(
                path: path, reason: "the model has no rotary positions, so they cannot be stretched")
        }
        let reader = Hyperparameters(source: .huggingFace(["rope_scaling": settings]), path: "\(path), rope scaling")
        let (context, far) = (spec.contextLength, try far(reader))
        for index in spec.layers.indices {
            guard let far else {
                try stretch(&spec.layers[index].mixer.rotary, context, reader)
                continue
            }
            if case .attention(var attention) = spec.layers[index].mixer {
                attention.far = far.mode
                attention.shape.window = far.window
                spec.layers[index].mixer = .attention(attention)
            } else if spec.layers[index].mixer.rotary != nil {
                throw ArchitectureError(path: path, reason: "\(kind) is not possible with this kind of attention")
            }
        }
        spec.contextLength = try length(context, reader)
    }

    /// Whether other frequencies take the place of the model's; otherwise only what is seen changes.
    var replacesFrequencies: Bool { kind != "selfextend" && kind != "lm-infinite" }

    private func stretch(_ rotary: inout RotarySpec?, _ context: Int, _ reader: Hyperparameters) throws {
        guard let dimensions = rotary?.dimensions else { return }
        rotary?.scaling = try reader.rotaryScaling(dimensions: dimensions, contextLength: context)
    }

    private func far(_ reader: Hyperparameters) throws -> (mode: FarAttentionSpec, window: Int)? {
        func count(_ key: String) throws -> Int { try reader.count(.init("rope_scaling.\(key)")) }
        switch kind {
        case "selfextend":
            let (group, window) = (try count("group"), try count("window"))
            guard window >= group else {
                throw reader.error(.init("rope_scaling.window"), "is \(window), smaller than a group of \(group)")
            }
            return (.grouped(size: group), window)
        case "lm-infinite":
            let window = try count("window")
            return (.beginning(positions: try count("start"), distance: window), window)
        default: return nil
        }
    }

    /// The positions that a text may take where it could take `context`.
    private func length(_ context: Int, _ reader: Hyperparameters) throws -> Int {
        let key = Hyperparameters.Key("rope_scaling.\(kind == "selfextend" ? "group" : "factor")")
        if let factor = try reader.number(key) { return try reader.stretched(context, by: max(1, factor), key: key) }
        return min(context * Self.unboundedExtent, Hyperparameters.largestCount)
    }

    /// How many times the trained length texts may have under kinds that set no bound, where the user sets none.
    private static let unboundedExtent = 8
}

/// Why a description of positions cannot be used.
public struct RotaryOverrideError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    public let reason: String

    /// The whole message, with the forms that are possible.
    public var description: String {
        "\(reason). Write a kind with what it needs, such as linear:2, ntk:4, dynamic:2, yarn:factor=4,original=4096, "
            + "selfextend:group=4,window=1024 or lm-infinite:start=4,window=2048, or what rope_scaling is in a config.json"
    }
}
