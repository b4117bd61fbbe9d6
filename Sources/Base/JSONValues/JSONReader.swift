/// A pull parser: reads JSON from bytes without building a tree of it.
///
/// It exists for the files where a tree is too slow: a `tokenizer.json` of 8 MB or a safetensors header with
/// thousands of tensors. The caller keeps the bytes alive while it reads.
package struct JSONReader {
    /// The deepest nesting that is read; more is an error, so that hostile files cannot exhaust the stack.
    package static let maximumDepth = 256

    let bytes: UnsafeBufferPointer<UInt8>
    private let source: String
    private let acceptsNonFinite: Bool
    var position = 0
    var depth = 0

    /// Reads `bytes`; `source` names them in errors. With `acceptsNonFinite` also `NaN`, `Infinity` and `-Infinity`, which
    /// are no JSON but what Python's `json` writes into configuration files.
    package init(_ bytes: UnsafeBufferPointer<UInt8>, source: String, acceptsNonFinite: Bool = false) {
        self.bytes = bytes
        self.source = source
        self.acceptsNonFinite = acceptsNonFinite
    }

    /// Calls `body` for each member of the object that comes next; `body` must read or skip the member's value.
    package mutating func readObject(_ body: (inout JSONReader, String) throws(JSONError) -> Void) throws(JSONError) {
        try enter(UInt8(ascii: "{"), "an object")
        if !consume(UInt8(ascii: "}")) {
            repeat {
                let key = try readString()
                guard consume(UInt8(ascii: ":")) else { throw error("expected ':' after the key \"\(key)\"") }
                try body(&self, key)
            } while consume(UInt8(ascii: ","))
            guard consume(UInt8(ascii: "}")) else { throw error("expected ',' or '}' after a member") }
        }
        depth -= 1
    }

    /// Calls `body` for each element of the array that comes next; `body` must read or skip the element.
    package mutating func readArray(_ body: (inout JSONReader) throws(JSONError) -> Void) throws(JSONError) {
        try enter(UInt8(ascii: "["), "an array")
        if !consume(UInt8(ascii: "]")) {
            repeat { try body(&self) } while consume(UInt8(ascii: ","))
            guard consume(UInt8(ascii: "]")) else { throw error("expected ',' or ']' after an element") }
        }
        depth -= 1
    }

    /// Reads a string; one with invalid UTF-8 is an error.
    package mutating func readString() throws(JSONError) -> String {
        guard peek() == UInt8(ascii: "\"") else { throw error("expected a string") }
        position += 1
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "\""), bytes[position] != UInt8(ascii: "\\"),
            bytes[position] >= 0x20
        {
            position += 1
        }
        guard position < bytes.count else { throw error("the string is not closed") }
        if bytes[position] == UInt8(ascii: "\"") {
            let text = bytes[start..<position]
            position += 1
            guard let string = String(validating: text, as: UTF8.self) else {
                throw error("the string is not valid UTF-8", at: start)
            }
            return string
        }
        return try readEscapedString(from: start)
    }

    /// Reads an integer that fits `Int`.
    package mutating func readInteger() throws(JSONError) -> Int {
        if let value = readShortInteger() { return value }
        let value = try readNumber()
        guard let integer = value.intValue else { throw error("expected an integer") }
        return integer
    }

    /// Reads a number of either kind.
    package mutating func readDouble() throws(JSONError) -> Double {
        try readNumber().doubleValue ?? 0
    }

    /// Reads `true` or `false`.
    package mutating func readBool() throws(JSONError) -> Bool {
        switch peek() {
        case UInt8(ascii: "t"):
            try readLiteral("true")
            return true
        case UInt8(ascii: "f"):
            try readLiteral("false")
            return false
        default: throw error("expected true or false")
        }
    }

    /// Reads `null` if it comes next; returns whether it did.
    package mutating func readNull() throws(JSONError) -> Bool {
        guard peek() == UInt8(ascii: "n") else { return false }
        try readLiteral("null")
        return true
    }

    /// Reads whatever value comes next as a tree.
    package mutating func readValue() throws(JSONError) -> JSON {
        switch peek() {
        case UInt8(ascii: "{"):
            var members = JSON.Object()
            try readObject { (reader, key) throws(JSONError) in members[key] = try reader.readValue() }
            return .object(members)
        case UInt8(ascii: "["):
            var elements: [JSON] = []
            try readArray { (reader) throws(JSONError) in elements.append(try reader.readValue()) }
            return .array(elements)
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool(try readBool())
        case UInt8(ascii: "n"):
            try readLiteral("null")
            return .null
        case nil: throw error("the text ends where a value should begin")
        default: return try readNumber()
        }
    }

    /// Reads past whatever value comes next.
    package mutating func skipValue() throws(JSONError) {
        switch peek() {
        case UInt8(ascii: "{"): try readObject { (reader, _) throws(JSONError) in try reader.skipValue() }
        case UInt8(ascii: "["): try readArray { (reader) throws(JSONError) in try reader.skipValue() }
        default: _ = try readValue()
        }
    }

    /// Checks that nothing but white space is left.
    package mutating func finish() throws(JSONError) {
        guard peek() == nil else { throw error("something follows the end of the value") }
    }

    /// The kind of value that comes next, by its first byte (`{`, `[`, `"`, `t`, `f`, `n`, a digit or `-`); nil at the end.
    package mutating func peek() -> UInt8? {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            case let byte: return byte
            }
        }
        return nil
    }

    /// An error at the current position, for callers that find a well-formed value of the wrong kind.
    package func error(_ reason: String) -> JSONError { error(reason, at: position) }
}

extension JSONReader {
    func error(_ reason: String, at offset: Int) -> JSONError {
        let before = bytes[..<min(offset, bytes.count)]
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let line = before.count { $0 == 0x0A } + 1
        return JSONError(source: source, offset: offset, line: line, column: offset - lineStart + 1, reason: reason)
    }

    mutating func consume(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    mutating func enter(_ opening: UInt8, _ what: String) throws(JSONError) {
        guard consume(opening) else { throw error("expected \(what)") }
        depth += 1
        guard depth <= Self.maximumDepth else { throw error("nested deeper than \(Self.maximumDepth) levels") }
    }

    private mutating func readLiteral(_ literal: StaticString) throws(JSONError) {
        let count = literal.utf8CodeUnitCount
        guard position + count <= bytes.count,
            bytes[position..<position + count].elementsEqual(
                UnsafeBufferPointer(start: literal.utf8Start, count: count))
        else { throw error("expected \(literal)") }
        position += count
    }

    private mutating func readNumber() throws(JSONError) -> JSON {
        guard let first = peek() else { throw error("the text ends where a value should begin") }
        let start = position
        if acceptsNonFinite, let value = readNonFinite() { return .number(value) }
        guard first == UInt8(ascii: "-") || isDigit(first) else { throw error("expected a value") }
        position += 1
        var isInteger = true
        while position < bytes.count {
            switch bytes[position] {
            case let byte where isDigit(byte): break
            case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"):
                isInteger = false
            default: return try parseNumber(bytes[start..<position], isInteger: isInteger)
            }
            position += 1
        }
        return try parseNumber(bytes[start..<position], isInteger: isInteger)
    }

    private mutating func readNonFinite() -> Double? {
        for (name, value) in [("NaN", Double.nan), ("Infinity", .infinity), ("-Infinity", -.infinity)] {
            guard bytes[position...].starts(with: name.utf8) else { continue }
            position += name.utf8.count
            return value
        }
        return nil
    }

    private func parseNumber(_ digits: Slice<UnsafeBufferPointer<UInt8>>, isInteger: Bool) throws(JSONError) -> JSON {
        let unsigned = digits.first == UInt8(ascii: "-") ? digits.dropFirst() : digits
        guard let leading = unsigned.first, isDigit(leading),
            unsigned.count == 1 || leading != UInt8(ascii: "0")
                || !isDigit(unsigned[unsigned.startIndex + 1])
        else { throw error("malformed number", at: digits.startIndex) }
        let text = String(decoding: digits, as: UTF8.self)
        if isInteger, let value = Int(text) { return .integer(value) }
        let hasDigitsAfterPoint = zip(digits, digits.dropFirst()).allSatisfy { $0 != UInt8(ascii: ".") || isDigit($1) }
        guard hasDigitsAfterPoint, let last = digits.last, isDigit(last), let value = Double(text),
            value.isFinite || acceptsNonFinite
        else {
            throw error("malformed number, or one too large for a double", at: digits.startIndex)
        }
        return isInteger ? .largeInteger(text) : .number(value)
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private mutating func readEscapedString(from start: Int) throws(JSONError) -> String {
        var text = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw error("the string is not valid UTF-8", at: start)
                }
                return string
            case UInt8(ascii: "\\"):
                position += 1
                try readEscape(into: &text)
            case ..<0x20: throw error("a control character in a string must be escaped")
            default:
                text.append(byte)
                position += 1
            }
        }
        throw error("the string is not closed")
    }

    private mutating func readEscape(into text: inout [UInt8]) throws(JSONError) {
        guard position < bytes.count else { throw error("the string is not closed") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: try readUnicodeEscape().utf8)
        default: throw error("unknown escape in a string", at: position - 1)
        }
    }

    /// A lone surrogate, which no Unicode text can hold, becomes U+FFFD, as most JSON readers make it.
    private mutating func readUnicodeEscape() throws(JSONError) -> Character {
        var value = try readFourHexDigits()
        if value & 0xFC00 == 0xD800, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        {
            let mark = position
            position += 2
            let low = try readFourHexDigits()
            if low & 0xFC00 == 0xDC00 {
                value = 0x10000 + (value & 0x3FF) << 10 + (low & 0x3FF)
            } else {
                position = mark
            }
        }
        return Character(Unicode.Scalar(value) ?? "\u{FFFD}")
    }

    private mutating func readFourHexDigits() throws(JSONError) -> UInt32 {
        guard position + 4 <= bytes.count else { throw error("the string is not closed") }
        var value: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw error("\\u needs four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }
}

extension JSON {
    /// Parses a whole text; `source` names it in errors, and `acceptsNonFinite` is as for ``JSONReader``.
    public init(parsing bytes: [UInt8], source: String, acceptsNonFinite: Bool = false) throws(JSONError) {
        var result = Result<JSON, JSONError>.success(.null)
        bytes.withUnsafeBufferPointer { buffer in
            result = Result { () throws(JSONError) in
                var reader = JSONReader(buffer, source: source, acceptsNonFinite: acceptsNonFinite)
                let value = try reader.readValue()
                try reader.finish()
                return value
            }
        }
        self = try result.get()
    }

    /// Parses a whole text; `source` names it in errors.
    public init(parsing text: String, source: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), source: source)
    }
}
