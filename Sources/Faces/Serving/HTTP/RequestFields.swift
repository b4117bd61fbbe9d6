import JSONValues
import Synchronization

/// A request's JSON object, read field by field; a field of the wrong type or range is an error that names it.
///
/// `null` counts as absent. What was not read by the time of ``refuseUnread(accepting:)`` is an error too.
struct RequestFields: Sendable {
    let object: JSON.Object
    private let path: String
    private let seen = ReadKeys()

    /// The fields that somebody has looked at.
    private final class ReadKeys: Sendable { let keys = Mutex<Set<String>>([]) }

    init(_ object: JSON.Object, path: String = "") {
        self.object = object
        self.path = path
    }

    subscript(key: String) -> JSON? {
        _ = seen.keys.withLock { $0.insert(key) }
        guard let value = object[key], !value.isNull else { return nil }
        return value
    }

    /// Refuses fields that ask for what the server does not do: to leave them aside would give another answer than was
    /// asked for.
    func refuse(_ keys: [String], _ reason: String) throws(APIError) {
        for key in keys {
            guard let value = self[key], value != "", value != false, value != 0, value != [], value != [:] else {
                continue
            }
            throw .unsupported(name(key), reason)
        }
    }

    /// Refuses the fields that nobody has read: what they ask for would be left undone without a word. `isAccepted` are those
    /// that change nothing in an answer, or not with this value.
    func refuseUnread(accepting isAccepted: (_ key: String, _ value: JSON) -> Bool) throws(APIError) {
        let keys = seen.keys.withLock(\.self)
        for (key, value) in object where !keys.contains(key) && !value.isNull && !isAccepted(key, value) {
            throw .unsupported(name(key), "is not known to this server, or not with this value; leave it out")
        }
    }

    /// The field's full name for errors.
    func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    func string(_ key: String) throws(APIError) -> String? {
        try read(key, "a string", \.stringValue)
    }

    func bool(_ key: String) throws(APIError) -> Bool? {
        try read(key, "a Boolean", \.boolValue)
    }

    func array(_ key: String) throws(APIError) -> [JSON]? {
        try read(key, "an array", \.arrayValue)
    }

    func fields(_ key: String) throws(APIError) -> RequestFields? {
        try read(key, "an object", \.objectValue).map { RequestFields($0, path: name(key)) }
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
        guard let value = try read(key, "an integer", Self.wholeNumber) else { return nil }
        guard range.contains(value) else {
            let bounds =
                range.upperBound == .max
                ? "at least \(range.lowerBound)" : "between \(range.lowerBound) and \(range.upperBound)"
            throw .invalid(name(key), "must be \(bounds), not \(value)")
        }
        return value
    }

    func number(_ key: String, in range: ClosedRange<Double>) throws(APIError) -> Float? {
        guard let value = try read(key, "a number", \.doubleValue) else { return nil }
        guard range.contains(value) else {
            let bounds =
                range.upperBound == Self.largest && value < range.lowerBound
                ? "at least \(range.lowerBound)" : "between \(range.lowerBound) and \(range.upperBound)"
            throw .invalid(name(key), "must be \(bounds), not \(value)")
        }
        return Float(value)
    }

    /// A number that was written as an integer of 64 bits, or without a fraction. Beyond 53 bits what was read as a
    /// floating-point number is no longer what was written.
    private static func wholeNumber(_ json: JSON) -> Int? {
        if case .number(let number) = json, abs(number) >= 0x1p53 { return nil }
        return json.intValue
    }

    /// The upper bound of numbers that need none but must stay finite as `Float`.
    static let largest = Double(Float.greatestFiniteMagnitude)

    private func read<Value>(
        _ key: String, _ kind: String, _ convert: (JSON) -> Value?
    ) throws(APIError) -> Value? {
        guard let json = self[key] else { return nil }
        guard let value = convert(json) else { throw .invalid(name(key), "must be \(kind), not \(json.kind)") }
        return value
    }
}
