/// Finds the end of a call's arguments, and gives them as the text of a JSON object.
struct ArgumentScanner: Sendable {
    private enum Place: Sendable { case start, key, value }

    private let areKeywords: Bool
    private var place = Place.start
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    /// A word of Python's, as far as it is read.
    private var word: [UInt8] = []
    private(set) var isComplete = false

    init(areKeywords: Bool) { self.areKeywords = areKeywords }

    /// Takes bytes from the front of `held` up to the arguments' end; returns what they mean as JSON.
    mutating func take(_ held: inout ArraySlice<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        while !isComplete, let byte = held.first {
            if areKeywords { keyword(byte, &held, &output) } else { json(byte, &held, &output) }
        }
        return output
    }

    private mutating func json(_ byte: UInt8, _ held: inout ArraySlice<UInt8>, _ output: inout [UInt8]) {
        held.removeFirst()
        output.append(byte)
        if follow(byte), depth == 0 { isComplete = true }
    }

    /// Follows brackets and strings; returns whether a bracket was closed.
    private mutating func follow(_ byte: UInt8) -> Bool {
        if isEscaped {
            isEscaped = false
        } else if isInString {
            if byte == UInt8(ascii: "\\") { isEscaped = true }
            if byte == UInt8(ascii: "\"") { isInString = false }
        } else {
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                return true
            default: break
            }
        }
        return false
    }

    // MARK: Python's form

    private mutating func keyword(_ byte: UInt8, _ held: inout ArraySlice<UInt8>, _ output: inout [UInt8]) {
        switch place {
        case .start, .key:
            if byte == UInt8(ascii: ")") {
                output += Array((place == .start ? "{}" : "}").utf8)
                isComplete = true
                return
            }
            held.removeFirst()
            if byte == UInt8(ascii: "=") {
                output += Array((place == .start ? "{\"" : "\"").utf8) + word + Array("\": ".utf8)
                word = []
                place = .value
            } else if byte != UInt8(ascii: " "), byte != UInt8(ascii: ",") {
                word.append(byte)
            }
        case .value: value(byte, &held, &output)
        }
    }

    private mutating func value(_ byte: UInt8, _ held: inout ArraySlice<UInt8>, _ output: inout [UInt8]) {
        if !isInString, depth == 0, byte == UInt8(ascii: ",") || byte == UInt8(ascii: ")") {
            output += translated(word)
            word = []
            if byte == UInt8(ascii: ")") {
                output.append(UInt8(ascii: "}"))
                isComplete = true
            } else {
                held.removeFirst()
                output += Array(", ".utf8)
                place = .key
            }
            return
        }
        held.removeFirst()
        let isPlain = !isInString && depth == 0
        _ = follow(byte)
        if isPlain, !isInString, depth == 0 { word.append(byte) } else { output.append(byte) }
    }

    private func translated(_ word: [UInt8]) -> [UInt8] {
        switch String(decoding: word, as: UTF8.self) {
        case "True": Array("true".utf8)
        case "False": Array("false".utf8)
        case "None": Array("null".utf8)
        default: word
        }
    }
}
