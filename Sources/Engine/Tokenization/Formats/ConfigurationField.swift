import JSONValues

/// A value in a configuration with the path to it, so that what is wrong with it can be said.
struct ConfigurationField {
    let json: JSON
    let source: String
    let path: String

    /// The member `key`; null if there is none.
    subscript(key: String) -> ConfigurationField {
        ConfigurationField(json: json[key] ?? .null, source: source, path: path.isEmpty ? key : "\(path).\(key)")
    }

    /// The elements of an array; an error for anything else.
    func elements() throws(TokenizerError) -> [ConfigurationField] {
        guard let elements = json.arrayValue else { throw mismatch("an array") }
        return elements.enumerated().map {
            ConfigurationField(json: $1, source: source, path: "\(path)[\($0)]")
        }
    }

    var isMissing: Bool { json.isNull }

    /// The member `type`, which tells what the other members mean.
    func type() throws(TokenizerError) -> String { try self["type"].string() }

    func string() throws(TokenizerError) -> String {
        guard let value = json.stringValue else { throw mismatch("a string") }
        return value
    }

    func bytes() throws(TokenizerError) -> [UInt8] { Array(try string().utf8) }

    func integer() throws(TokenizerError) -> Int {
        guard let value = json.intValue else { throw mismatch("an integer") }
        return value
    }

    /// The Boolean, or `otherwise` where nothing is given.
    func bool(_ otherwise: Bool) throws(TokenizerError) -> Bool {
        if isMissing { return otherwise }
        guard let value = json.boolValue else { throw mismatch("a Boolean") }
        return value
    }

    /// A string, a byte pattern `{"String": ...}` or an expression `{"Regex": ...}`.
    func pattern() throws(TokenizerError) -> TextPattern {
        if let literal = json.stringValue ?? json["String"]?.stringValue { return .literal(Array(literal.utf8)) }
        return .expression(try splitPattern(self["Regex"].string()))
    }

    func splitPattern(_ regex: String) throws(TokenizerError) -> SplitPattern {
        do { return try SplitPattern(regex: regex) } catch { throw self.error(error.description) }
    }

    func error(_ reason: String) -> TokenizerError { TokenizerError(source: source, key: path, reason: reason) }

    /// An error that says which types are known.
    func unknownType(_ type: String, of what: String) -> TokenizerError {
        self["type"].error("\"\(type)\" is not a kind of \(what) known here; a newer version may know it")
    }

    private func mismatch(_ expected: String) -> TokenizerError {
        error("expected \(expected), found \(json.isNull ? "nothing" : json.kind)")
    }
}
