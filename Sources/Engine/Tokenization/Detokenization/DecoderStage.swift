/// A decoder step at work on a stream of tokens: what it must remember, and what it holds back.
struct DecoderStage: Sendable {
    let step: DecoderStep
    /// Whether this gets portions of one text instead of tokens.
    let isFused: Bool
    private var isFirst = true
    private var held: [UInt8] = []
    private var heldToken: [UInt8]?
    private var count = 0

    init(_ step: DecoderStep, isFused: Bool) {
        self.step = step
        self.isFused = isFused
    }

    /// Takes a token and passes on what it becomes.
    mutating func push(_ token: [UInt8], _ emit: ([UInt8]) -> Void) {
        defer { isFirst = false }
        switch step {
        case .fuse: emit(token)
        case .leadingSpace(let space, let ofEveryPiece):
            let strips = count == 0 && token.starts(with: space)
            let rest = strips ? Array(token.dropFirst(space.count)) : token
            if !rest.isEmpty || strips && !ofEveryPiece { count = 1 }
            emit(rest)
        case .byteAlphabet: emit(ByteAlphabet.decode(token[...]) ?? token)
        case .byteFallback(let runs):
            if let byte = ByteAlphabet.fallbackByte(token) {
                held.append(byte)
                if runs == .single { releaseBytes(runs, isEnd: false, emit) }
            } else {
                releaseBytes(runs, isEnd: true, emit)
                emit(token)
            }
        case .strip(let content, let start, let stop):
            isFused ? stripText(token, content, start, stop, emit) : emit(Self.strip(token, content, start, stop))
        case .replace(let pattern, let replacement):
            if isFused, !pattern.matchesSingleScalars {
                held += token
            } else {
                emit(pattern.replacing(in: token, with: replacement))
            }
        case .metaspace(let replacement, let stripsFirst):
            let space: [UInt8] = isFirst && stripsFirst ? [] : [0x20]
            emit(TextPattern.literal(replacement).replacing(in: token, with: space))
        case .wordPiece(let prefix, let cleansUp):
            emit(DecoderStep.continueWord(token, prefix: prefix, cleansUp: cleansUp, isFirst: isFirst))
        case .bytePair(let suffix):
            if let heldToken { emit(TextPattern.literal(suffix).replacing(in: heldToken, with: [0x20])) }
            heldToken = token
        case .connectionist(let padding, let delimiter, let cleansUp):
            guard heldToken != token else { return }
            heldToken = token
            let text = TextPattern.literal(padding).replacing(in: token, with: [])
            emit(
                cleansUp
                    ? TextPattern.literal(delimiter).replacing(in: DecoderStep.cleanUp(text), with: [0x20]) : text)
        case .joinWithSpaces: emit(isFirst ? token : [0x20] + token)
        }
    }

    /// Passes on what was held back.
    mutating func finish(_ emit: ([UInt8]) -> Void) {
        switch step {
        case .byteFallback(let runs): releaseBytes(runs, isEnd: true, emit)
        case .strip: break
        case .replace(let pattern, let replacement):
            if !held.isEmpty { emit(pattern.replacing(in: held, with: replacement)) }
        case .bytePair(let suffix):
            if let heldToken { emit(TextPattern.literal(suffix).replacing(in: heldToken, with: [])) }
        default: break
        }
        held = []
        heldToken = nil
    }

    private static func strip(_ token: [UInt8], _ content: [UInt8], _ start: Int, _ stop: Int) -> [UInt8] {
        var rest = token[...]
        for _ in 0..<start where !content.isEmpty && rest.starts(with: content) {
            rest = rest.dropFirst(content.count)
        }
        for _ in 0..<stop where !content.isEmpty && rest.suffix(content.count).elementsEqual(content) {
            rest = rest.dropLast(content.count)
        }
        return Array(rest)
    }

    /// Strips one text that comes in portions: at most `start` at its beginning, `stop` at its end.
    private mutating func stripText(
        _ portion: [UInt8], _ content: [UInt8], _ start: Int, _ stop: Int, _ emit: ([UInt8]) -> Void
    ) {
        var rest = portion[...]
        while !content.isEmpty, count < start, rest.starts(with: content) {
            rest = rest.dropFirst(content.count)
            count += 1
        }
        if !rest.isEmpty { count = start }
        guard stop > 0 else {
            emit(Array(rest))
            return
        }
        let text = held + rest
        var end = text.count
        for _ in 0..<stop where !content.isEmpty && text[..<end].suffix(content.count).elementsEqual(content) {
            end -= content.count
        }
        held = Array(text[end...])
        emit(Array(text[..<end]))
    }

    private mutating func releaseBytes(_ runs: DecoderStep.ByteRuns, isEnd: Bool, _ emit: ([UInt8]) -> Void) {
        guard !held.isEmpty else { return }
        switch runs {
        case .whole:
            if String(validating: held, as: UTF8.self) != nil {
                emit(held)
            } else {
                for _ in held { emit(Self.replacement) }
            }
            held = []
        case .single:
            while !held.isEmpty {
                if !isEnd, UTF8Assembler.isIncomplete(held[...]) { return }
                var end = 0
                let isInvalid = held.withUnsafeBufferPointer { decodeScalar($0, &end) == "\u{FFFD}" && end == 1 }
                emit(isInvalid ? Self.replacement : Array(held[..<end]))
                held.removeFirst(end)
            }
        }
    }

    private static let replacement = Array("\u{FFFD}".utf8)
}
