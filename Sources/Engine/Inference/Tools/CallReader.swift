/// Reads the calls of one section, piece by piece as their format describes them.
struct CallReader: Sendable {
    enum Event: Sendable {
        /// What is held does not suffice.
        case needsMore
        case name(String)
        case arguments([UInt8])
        /// The section is over, or is no section.
        case end
    }

    private enum Stage: Sendable { case head, call, between, closing }

    private let format: ToolCallFormat
    private var stage: Stage
    private var index = 0
    private var scanner: ArgumentScanner?

    /// - Parameter hasHead: whether the section begins here, and not with its first call.
    init(_ format: ToolCallFormat, hasHead: Bool) {
        self.format = format
        stage = hasHead ? .head : .call
    }

    /// Reads on from the front of `held`.
    mutating func next(_ held: inout ArraySlice<UInt8>) -> Event {
        while true {
            if stage == .between {
                guard let isNext = isNextCall(&held) else { return .needsMore }
                (stage, index) = (isNext ? .call : .closing, 0)
            }
            guard index < pieces.count else {
                switch stage {
                case .head: (stage, index) = (.call, 0)
                case .call: (stage, index) = (.between, 0)
                case .between, .closing: return .end
                }
                continue
            }
            if let event = read(pieces[index], &held) { return event }
        }
    }

    private var pieces: [ToolCallFormat.Piece] {
        switch stage {
        case .head: format.head
        case .call: format.call
        case .between: []
        case .closing: format.closing
        }
    }

    /// Whether another call follows; nil if that is not certain yet.
    private func isNextCall(_ held: inout ArraySlice<UInt8>) -> Bool? {
        guard let separator = format.separator.map({ Array($0.utf8) }) else { return false }
        let rest = format.closing.first == .space ? held.drop(while: Marks.isBlank) : held
        for case .text(let text) in format.closing {
            let closing = Array(text.utf8)
            if rest.starts(with: closing) { return false }
            if closing.starts(with: rest) { return nil }
            break
        }
        if held.starts(with: separator) {
            held = held.dropFirst(separator.count)
            return true
        }
        return separator.starts(with: held) ? nil : false
    }

    /// Reads a piece; nil to go on with the next one.
    private mutating func read(_ piece: ToolCallFormat.Piece, _ held: inout ArraySlice<UInt8>) -> Event? {
        switch piece {
        case .text(let text): return skip([text], &held)
        case .oneOf(let texts): return skip(texts, &held)
        case .space:
            held = held.drop(while: Marks.isBlank)
            guard !held.isEmpty else { return .needsMore }
            index += 1
            return nil
        case .name, .identifier:
            guard let word = word(before: index + 1, &held) else { return .needsMore }
            index += 1
            return piece == .name ? .name(word) : nil
        case .arguments, .keywords:
            var current = scanner ?? ArgumentScanner(areKeywords: piece == .keywords)
            let bytes = current.take(&held)
            scanner = current.isComplete ? nil : current
            if current.isComplete { index += 1 }
            if !bytes.isEmpty { return .arguments(bytes) }
            return current.isComplete ? nil : .needsMore
        }
    }

    private mutating func skip(_ texts: [String], _ held: inout ArraySlice<UInt8>) -> Event? {
        var mayCome = false
        for text in texts.map({ Array($0.utf8) }) {
            if held.starts(with: text) {
                held = held.dropFirst(text.count)
                index += 1
                return nil
            }
            mayCome = mayCome || text.starts(with: held)
        }
        return mayCome ? .needsMore : .end
    }

    /// What stands before the text of the piece at `next`.
    private func word(before next: Int, _ held: inout ArraySlice<UInt8>) -> String? {
        let ends =
            switch next < pieces.count ? pieces[next] : .space {
            case .text(let text): [text]
            case .oneOf(let texts): texts
            default: [" "]
            }
        let found = Marks.first(of: ends, in: held)
        guard found.mark != nil else { return nil }
        defer { held = held[found.start...] }
        return String(decoding: held[..<found.start], as: UTF8.self)
    }
}

extension ToolCallFormat {
    /// A name for a call that no other has.
    func makeIdentifier() -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        let random = String((0..<(hasShortIdentifiers ? 9 : 24)).map { _ in letters[Int.random(in: letters.indices)] })
        return hasShortIdentifiers ? random : "call_" + random
    }
}
