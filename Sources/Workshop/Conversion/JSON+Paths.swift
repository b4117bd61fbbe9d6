import JSONValues

extension JSON {
    /// The value behind a path of keys with dots between; nil if there is none, or null.
    subscript(path path: String) -> JSON? {
        let value = path.split(separator: ".").reduce(Optional(self)) { $0?[String($1)] }
        return value?.isNull == false ? value : .none
    }

    /// The value of a key, null too; nil if it is not there at all.
    func value(of key: String) -> JSON? { objectValue.flatMap { $0[key] } }

    /// The first of several keys that is there.
    func first(of names: [String]) -> JSON? { names.lazy.compactMap { self[path: $0] }.first }

    /// Whether two values are the same, numbers by what they are worth.
    func means(_ other: JSON) -> Bool {
        if let own = doubleValue, let value = other.doubleValue { return own == value }
        return self == other
    }
}
