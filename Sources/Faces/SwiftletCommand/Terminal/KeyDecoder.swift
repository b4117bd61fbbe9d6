/// A key, or a piece of pasted text.
enum Key: Hashable {
    case text(String)
    case paste(String)
    case enter, newline, tab, backspace, delete, escape
    case left, right, up, down, home, end, wordLeft, wordRight
    case control(Character)
}

/// Turns a terminal's bytes into keys; bytes may arrive in pieces of any size.
struct KeyDecoder {
    private var pending: [UInt8] = []
    private var pasted: [UInt8]?

    /// Whether an unfinished sequence waits for more bytes.
    var isWaiting: Bool { !pending.isEmpty }

    /// Takes in bytes; returns the keys that are complete.
    mutating func decode(_ bytes: [UInt8]) -> [Key] {
        pending.append(contentsOf: bytes)
        var keys: [Key] = []
        while let (key, count) = next() {
            pending.removeFirst(count)
            if let key { keys.append(key) }
        }
        return keys
    }

    /// Ends a lone escape, which is the beginning of a sequence unless nothing follows it.
    mutating func flush() -> [Key] {
        defer { pending.removeAll() }
        return pending == [0x1B] ? [.escape] : []
    }

    /// The first key of the pending bytes, nil for one without meaning, and its length; nil if bytes are missing.
    private mutating func next() -> (Key?, Int)? {
        if pasted != nil { return continuePaste() }
        guard let first = pending.first else { return nil }
        switch first {
        case 0x1B: return escapeSequence()
        case 0x0D: return (.enter, 1)
        case 0x0A: return (.newline, 1)
        case 0x09: return (.tab, 1)
        case 0x08, 0x7F: return (.backspace, 1)
        case 0x01...0x1A: return (.control(Character(Unicode.Scalar(first + 0x60))), 1)
        case 0x00...0x1F: return (nil, 1)
        default: return character()
        }
    }

    private func character() -> (Key?, Int)? {
        let length: Int
        switch pending[0] {
        case 0xC2...0xDF: length = 2
        case 0xE0...0xEF: length = 3
        case 0xF0...0xF4: length = 4
        default: length = 1
        }
        guard pending.count >= length else { return nil }
        guard let text = String(validating: pending.prefix(length), as: UTF8.self) else { return (nil, 1) }
        return (.text(text), length)
    }

    private mutating func escapeSequence() -> (Key?, Int)? {
        guard pending.count > 1 else { return nil }
        switch pending[1] {
        case UInt8(ascii: "["): return controlSequence()
        case UInt8(ascii: "O"):
            guard pending.count > 2 else { return nil }
            return (Self.arrows[pending[2]], 3)
        case UInt8(ascii: "b"): return (.wordLeft, 2)
        case UInt8(ascii: "f"): return (.wordRight, 2)
        case 0x0D, 0x0A: return (.newline, 2)
        case 0x7F, 0x08: return (.control("w"), 2)
        case 0x1B: return (.escape, 1)
        default: return (nil, 2)
        }
    }

    /// `ESC [ parameters final`: arrows with modifiers, editing keys by number, the marks around pasted text.
    private mutating func controlSequence() -> (Key?, Int)? {
        guard let final = pending.dropFirst(2).firstIndex(where: { (0x40...0x7E).contains($0) }) else {
            // No sequence is this long: drop it rather than swallow what is typed.
            return pending.count > 32 ? (nil, pending.count) : nil
        }
        let parameters = String(decoding: pending[2..<final], as: UTF8.self).split(separator: ";").map(String.init)
        let count = final + 1
        if pending[final] == UInt8(ascii: "~") {
            switch parameters.first {
            case "1", "7": return (.home, count)
            case "4", "8": return (.end, count)
            case "3": return (.delete, count)
            case "200":
                pasted = []
                return (nil, count)
            default: return (nil, count)
            }
        }
        let key = Self.arrows[pending[final]]
        guard parameters.count > 1, parameters[1] != "1" else { return (key, count) }
        return (key == .left ? .wordLeft : key == .right ? .wordRight : key, count)
    }

    private mutating func continuePaste() -> (Key?, Int)? {
        let mark = Array("\u{1B}[201~".utf8)
        guard let start = pending.firstRange(of: mark)?.lowerBound else {
            // The mark itself may arrive in two pieces.
            let safe = pending.count - (mark.count - 1)
            guard safe > 0 else { return nil }
            pasted?.append(contentsOf: pending.prefix(safe))
            return (nil, safe)
        }
        let content = (pasted ?? []) + pending[..<start]
        pasted = nil
        let text = String(decoding: content, as: UTF8.self)
            .replacing("\r\n", with: "\n").replacing("\r", with: "\n").replacing("\t", with: "    ")
        return (.paste(text.filter { $0 == "\n" || !$0.isControl }), start + mark.count)
    }

    private static let arrows: [UInt8: Key] = [
        UInt8(ascii: "A"): .up, UInt8(ascii: "B"): .down, UInt8(ascii: "C"): .right, UInt8(ascii: "D"): .left,
        UInt8(ascii: "H"): .home, UInt8(ascii: "F"): .end,
    ]
}

extension Character {
    /// Whether a terminal would take the character for a command.
    fileprivate var isControl: Bool { unicodeScalars.contains { $0.properties.generalCategory == .control } }
}
