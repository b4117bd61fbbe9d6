/// Reads XML or HTML as a series of tags and texts.
///
/// A document's own entities are never expanded (a declaration of one is an error in XML), nothing is fetched, and nothing nests
/// on the stack, so that hostile files cost no more than their length.
struct MarkupScanner {
    enum Event: Hashable {
        case start(String, attributes: [String: String])
        case end(String)
        case text(String)
    }

    private let bytes: [UInt8]
    private let isHTML: Bool
    private var position = 0
    /// The end of an element that was written as one tag.
    private var pendingEnd: String?

    /// Reads bytes in UTF-8. Of XML names the part behind the prefix counts; HTML's are lowercase.
    init(_ bytes: [UInt8], isHTML: Bool) { (self.bytes, self.isHTML) = (bytes, isHTML) }

    /// The next tag or text; nil at the end.
    mutating func next() throws(Malformed) -> Event? {
        if let name = pendingEnd {
            pendingEnd = nil
            return .end(name)
        }
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "<") else { return text() }
            if starts("<!--") {
                skip(past: "-->")
            } else if starts("<![CDATA[") {
                position += 9
                let start = position
                let end = find("]]>") ?? bytes.count
                position = min(end + 3, bytes.count)
                return .text(String(decoding: bytes[start..<end], as: UTF8.self))
            } else if starts("<!") {
                try skipDeclaration()
            } else if starts("<?") {
                skip(past: isHTML ? ">" : "?>")
            } else if starts("</") {
                position += 2
                let name = name()
                skip(past: ">")
                return .end(name)
            } else if position + 1 < bytes.count, Self.beginsName(bytes[position + 1]) {
                position += 1
                return try startTag()
            } else {
                guard isHTML else { throw Malformed("its XML is broken at byte \(position)") }
                position += 1
                return .text("<")
            }
        }
        return nil
    }

    /// The rest of an HTML element whose content is no markup, such as a script's.
    mutating func skipRawText(of name: String) {
        let closing = Array("</\(name)".utf8)
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "<"), position + closing.count <= bytes.count,
                zip(bytes[position...], closing).allSatisfy({ $0 | 0x20 == $1 | 0x20 })
            {
                return
            }
            position += 1
        }
    }

    private mutating func text() -> Event {
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "<") { position += 1 }
        return .text(CharacterReferences.resolve(bytes[start..<position], isHTML: isHTML))
    }

    private mutating func startTag() throws(Malformed) -> Event {
        let name = name()
        var attributes: [String: String] = [:]
        while true {
            skipSpace()
            guard position < bytes.count else {
                guard isHTML else { throw Malformed("its XML ends within a tag") }
                break
            }
            if bytes[position] == UInt8(ascii: ">") {
                position += 1
                break
            }
            if bytes[position] == UInt8(ascii: "/") {
                position += 1
                if position < bytes.count, bytes[position] == UInt8(ascii: ">") {
                    position += 1
                    pendingEnd = name
                    break
                }
                continue
            }
            let start = position
            let key = self.name()
            guard position > start else {
                position += 1
                continue
            }
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "=") else {
                attributes[key] = ""
                continue
            }
            position += 1
            attributes[key] = value()
        }
        return .start(name, attributes: attributes)
    }

    private mutating func value() -> String {
        skipSpace()
        guard position < bytes.count else { return "" }
        let quote = bytes[position]
        let isQuoted = quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
        if isQuoted { position += 1 }
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if isQuoted ? byte == quote : Self.isSpace(byte) || byte == UInt8(ascii: ">") { break }
            position += 1
        }
        let value = CharacterReferences.resolve(bytes[start..<position], isHTML: isHTML)
        if isQuoted { position = min(position + 1, bytes.count) }
        return value
    }

    /// A name without its prefix; HTML's in lower case.
    private mutating func name() -> String {
        var start = position
        while position < bytes.count, !Self.isSpace(bytes[position]), !Self.endsName(bytes[position]) {
            if !isHTML, bytes[position] == UInt8(ascii: ":") { start = position + 1 }
            position += 1
        }
        let name = String(decoding: bytes[start..<position], as: UTF8.self)
        return isHTML ? name.lowercased() : name
    }

    private mutating func skipDeclaration() throws(Malformed) {
        while position < bytes.count, bytes[position] != UInt8(ascii: ">") {
            if !isHTML, bytes[position] == UInt8(ascii: "[") {
                throw Malformed("its XML declares entities of its own, which documents do not need and attacks use")
            }
            position += 1
        }
        position += 1
    }

    private func starts(_ text: StaticString) -> Bool {
        guard position + text.utf8CodeUnitCount <= bytes.count else { return false }
        return (0..<text.utf8CodeUnitCount).allSatisfy { bytes[position + $0] == text.utf8Start[$0] }
    }

    private mutating func find(_ text: StaticString) -> Int? {
        let start = position
        defer { position = start }
        while position < bytes.count {
            if starts(text) { return position }
            position += 1
        }
        return nil
    }

    private mutating func skip(past text: StaticString) {
        position = find(text).map { $0 + text.utf8CodeUnitCount } ?? bytes.count
    }

    private mutating func skipSpace() {
        while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    private static func endsName(_ byte: UInt8) -> Bool {
        [UInt8(ascii: ">"), UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: "<")].contains(byte)
    }
    private static func beginsName(_ byte: UInt8) -> Bool {
        (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")) || byte == UInt8(ascii: "_")
            || byte >= 0x80
    }
}
