import JSONValues

/// A schema as a document: its places by JSON pointer, and what references lead to.
struct SchemaDocument: Sendable {
    /// A subschema.
    struct Place: Sendable {
        var json: JSON
        var pointer: String
        /// The URI that references in it are relative to.
        var base: String
    }

    let root: JSON
    /// Whether `$ref` stands alone and `items` may be a list, as before 2019-09.
    let isOldDraft: Bool
    private(set) var places: [Place] = []
    private var index: [String: Int] = [:]
    /// Pointers of the places that `$id` and anchors name.
    private var names: [String: String] = [:]
    private let identifierKeys: [String]

    /// Subschemas may be nested this deep.
    static let deepest = 400
    static let mostPlaces = 100_000

    init(_ root: JSON) throws(ConstraintError) {
        self.root = root
        let draft = root["$schema"]?.stringValue ?? ""
        isOldDraft = ["draft-03", "draft-04", "draft-05", "draft-06", "draft-07"].contains { draft.contains($0) }
        let isOldest = ["draft-03", "draft-04", "draft-05"].contains { draft.contains($0) }
        identifierKeys = isOldest ? ["id"] : ["$id", "id"]
        try collectNames()
    }

    /// The base URI and the subschemas' identifiers, wherever they stand.
    private mutating func collectNames() throws(ConstraintError) {
        var stack: [(json: JSON, pointer: String, base: String, depth: Int)] = [(root, "", "", 0)]
        while let (json, pointer, base, depth) = stack.popLast() {
            guard depth <= Self.deepest else {
                throw .tooComplex("the schema is nested deeper than \(Self.deepest) levels")
            }
            switch json {
            case .object(let members):
                let own = self.base(of: json, within: base)
                if own != base || pointer.isEmpty, names[own] == nil { names[own] = pointer }
                for key in ["$anchor", "$dynamicAnchor"] {
                    if let anchor = members[key]?.stringValue { names[own + "#" + anchor] = pointer }
                }
                for key in identifierKeys {
                    if let id = members[key]?.stringValue, id.hasPrefix("#"), id.count > 1 { names[own + id] = pointer }
                }
                for (key, value) in members where key != "enum" && key != "const" && key != "examples" {
                    stack.append((value, pointer + "/" + Self.escape(key), own, depth + 1))
                }
            case .array(let elements):
                for (position, value) in elements.enumerated() {
                    stack.append((value, pointer + "/\(position)", base, depth + 1))
                }
            default: break
            }
        }
    }

    private func base(of json: JSON, within base: String) -> String {
        if isOldDraft, json["$ref"] != nil { return base }
        for key in identifierKeys {
            if let id = json[key]?.stringValue, !id.hasPrefix("#") {
                let resolved = Self.resolve(id, against: base)
                return resolved.hasSuffix("#") ? String(resolved.dropLast()) : resolved
            }
        }
        return base
    }

    /// The number of the place at `pointer`; nil if there is none.
    mutating func place(at pointer: String) throws(ConstraintError) -> Int? {
        if let known = index[pointer] { return known }
        var json = root
        var base = self.base(of: root, within: "")
        for part in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            let key = Self.unescape(part)
            if let next = json[key] {
                json = next
            } else if let position = Int(key), let next = json[position] {
                json = next
            } else {
                return nil
            }
            base = self.base(of: json, within: base)
        }
        guard places.count < Self.mostPlaces else {
            throw .tooComplex("it has more than \(Self.mostPlaces) subschemas")
        }
        let number = places.count
        places.append(Place(json: json, pointer: pointer, base: base))
        index[pointer] = number
        return number
    }

    /// The place that `reference`, found in `place`, leads to.
    mutating func resolve(_ reference: String, from place: Int) throws(ConstraintError) -> Int {
        let from = places[place]
        let absolute = Self.resolve(reference, against: from.base)
        let parts = absolute.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let document = String(parts.first ?? "")
        let fragment = parts.count > 1 ? Self.decodePercent(parts[1]) : ""
        var target: Int?
        if let start = names[document] ?? (document.isEmpty ? "" : nil) {
            if fragment.isEmpty || fragment.hasPrefix("/") {
                target = try self.place(at: start + fragment)
            } else if let named = names[document + "#" + fragment] {
                target = try self.place(at: named)
            }
        }
        guard let target else {
            let isLocal = names[document] != nil || document.isEmpty
            throw .schema(
                pointer: from.pointer, keyword: "$ref",
                reason: "\"\(reference)\" "
                    + (isLocal ? "leads nowhere" : "is another document; put it into this one, under \"$defs\""))
        }
        return target
    }

    static func escape(_ key: String) -> String {
        guard key.utf8.contains(where: { $0 == 0x7E || $0 == 0x2F }) else { return key }
        return key.reduce(into: "") { $0 += $1 == "~" ? "~0" : $1 == "/" ? "~1" : String($1) }
    }

    private static func unescape(_ part: Substring) -> String {
        guard part.contains("~") else { return String(part) }
        var result = ""
        var isEscape = false
        for character in part {
            if isEscape {
                result += character == "1" ? "/" : "~"
                isEscape = false
            } else if character == "~" {
                isEscape = true
            } else {
                result.append(character)
            }
        }
        return result
    }

    private static func decodePercent(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `reference` relative to the URI `base` (RFC 3986, section 5.2, without dot segments).
    static func resolve(_ reference: String, against base: String) -> String {
        let hasScheme = reference.prefix { $0 != "/" && $0 != "#" && $0 != "?" }.contains(":")
        if hasScheme || base.isEmpty { return reference }
        let document = base.prefix { $0 != "#" }
        if reference.isEmpty || reference.hasPrefix("#") { return document + reference }
        var root = document.startIndex
        if let mark = document.firstIndex(of: ":") {
            root = document.index(after: mark)
            if document[root...].hasPrefix("//") {
                root = document[document.index(root, offsetBy: 2)...].firstIndex(of: "/") ?? document.endIndex
            }
        }
        if reference.hasPrefix("/") { return document[..<root] + reference }
        guard let slash = document[root...].lastIndex(of: "/") else { return document[..<root] + "/" + reference }
        return document[...slash] + reference
    }
}
