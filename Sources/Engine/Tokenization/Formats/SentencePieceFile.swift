/// A SentencePiece model (`tokenizer.model`) as its protocol buffer has it.
package struct SentencePieceFile {
    package internal(set) var pieces = StringTable()
    package internal(set) var scores: [Float] = []
    /// 1 normal, 2 unknown, 3 control, 4 defined by users, 5 unused, 6 a byte.
    package internal(set) var types: [Int32] = []
    /// 1 unigram, 2 byte-pair encoding, 3 words, 4 characters.
    package internal(set) var modelType = 1
    var treatsSpaceAsSuffix = false
    var byteFallback = false
    var (unknown, beginOfText, endOfText, padding) = (0, 1, 2, -1)
    var characterMap: [UInt8] = []
    /// Whether a text gets a space before it.
    package internal(set) var addsDummyPrefix = true
    var removesExtraSpaces = true
    var escapesSpaces = true

    /// Reads a file; `source` is its name, for errors.
    package init(_ bytes: [UInt8], source: String) throws(TokenizerError) {
        var reader = ProtocolBufferReader(bytes[...], source: source)
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (1, .bytes(let piece)): try readPiece(piece, source)
            case (2, .bytes(let specification)): try readTrainer(specification, source)
            case (3, .bytes(let specification)): try readNormalizer(specification, source)
            default: break
            }
        }
        guard pieces.count > 0 else {
            throw TokenizerError(
                source: source, key: "pieces", reason: "there are none; this is no SentencePiece model")
        }
    }

    private mutating func readPiece(_ bytes: ArraySlice<UInt8>, _ source: String) throws(TokenizerError) {
        var piece: ArraySlice<UInt8> = []
        var (score, type): (Float, Int32) = (0, 1)
        var reader = ProtocolBufferReader(bytes, source: source)
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (1, .bytes(let content)): piece = content
            case (2, .fixed32(let bits)): score = Float(bitPattern: bits)
            case (3, .integer(let value)): type = Int32(truncatingIfNeeded: value)
            default: break
            }
        }
        pieces.append(piece)
        scores.append(score)
        types.append(type)
    }

    private mutating func readTrainer(_ bytes: ArraySlice<UInt8>, _ source: String) throws(TokenizerError) {
        var reader = ProtocolBufferReader(bytes, source: source)
        while let field = try reader.next() {
            guard case .integer(let bits) = field.value else { continue }
            let value = Int(Int32(truncatingIfNeeded: bits))
            switch field.number {
            case 3: modelType = value
            case 24: treatsSpaceAsSuffix = value != 0
            case 35: byteFallback = value != 0
            case 40: unknown = value
            case 41: beginOfText = value
            case 42: endOfText = value
            case 43: padding = value
            default: break
            }
        }
    }

    private mutating func readNormalizer(_ bytes: ArraySlice<UInt8>, _ source: String) throws(TokenizerError) {
        var reader = ProtocolBufferReader(bytes, source: source)
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (2, .bytes(let map)): characterMap = Array(map)
            case (3, .integer(let value)): addsDummyPrefix = value != 0
            case (4, .integer(let value)): removesExtraSpaces = value != 0
            case (5, .integer(let value)): escapesSpaces = value != 0
            default: break
            }
        }
    }
}

/// Reads the fields of a protocol buffer one by one.
struct ProtocolBufferReader {
    enum Value {
        case integer(UInt64)
        case fixed32(UInt32)
        case fixed64(UInt64)
        case bytes(ArraySlice<UInt8>)
    }

    private var rest: ArraySlice<UInt8>
    private let source: String

    init(_ bytes: ArraySlice<UInt8>, source: String) {
        rest = bytes
        self.source = source
    }

    /// The next field, or nil at the end.
    mutating func next() throws(TokenizerError) -> (number: Int, value: Value)? {
        if rest.isEmpty { return nil }
        let tag = try integer()
        let number = Int(truncatingIfNeeded: tag >> 3)
        switch tag & 7 {
        case 0: return (number, .integer(try integer()))
        case 1: return (number, .fixed64(try fixed(8)))
        case 2:
            let count = try integer()
            guard count <= UInt64(rest.count) else { throw truncated }
            defer { rest = rest.dropFirst(Int(count)) }
            return (number, .bytes(rest.prefix(Int(count))))
        case 5: return (number, .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
        default:
            throw TokenizerError(
                source: source, key: "byte \(rest.startIndex)", reason: "this is no protocol buffer; take the file anew"
            )
        }
    }

    private mutating func integer() throws(TokenizerError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { throw truncated }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw truncated
    }

    private mutating func fixed(_ count: Int) throws(TokenizerError) -> UInt64 {
        guard rest.count >= count else { throw truncated }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private var truncated: TokenizerError {
        TokenizerError(source: source, key: "byte \(rest.startIndex)", reason: "the file ends early; take it anew")
    }
}
