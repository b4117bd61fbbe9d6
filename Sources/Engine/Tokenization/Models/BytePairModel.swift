/// Byte-pair encoding, over bytes or characters, with merges listed or implied by the vocabulary.
struct BytePairModel: Sendable {
    /// What a piece is cut into at first.
    enum Alphabet: Sendable {
        /// Bytes, by the ids of the 256 pieces that stand for them (-1 for none).
        case bytes([Int32])
        /// Characters, with what is put before all but the first and after the last to look them up.
        case characters(continuingPrefix: [UInt8], endSuffix: [UInt8])
    }

    /// Which neighbours may be merged.
    enum Merges: Sendable {
        case listed(MergeTable)
        /// Whatever together is a piece, best rank (by id; negative for pieces that take no part) first.
        case implied(ranks: [Int32])
    }

    var vocabulary: Vocabulary
    var alphabet: Alphabet
    var merges: Merges
    /// Whether a piece that is in the vocabulary is taken whole, whatever the merges say.
    var takesWholePieces = false
    /// Tokens that no piece is taken whole for, since text never is one of them.
    var special: Set<Int32> = []
    var unknown: Int32?
    var fusesUnknown = false
    /// Whether what cannot be written is left out before merging, so that its neighbours may merge.
    var omitsUnknown = false
    /// The ids of the 256 byte pieces that stand in for unknown characters.
    var byteFallback: [Int32]?
    /// Whether the vocabulary writes bytes in the printable alphabet (else as they are).
    var usesByteAlphabet = false
    /// Symbols that are kept whole and never merged (SentencePiece's user-defined ones).
    var frozen = ByteTrie()
    /// Pieces that merges may pass through but that no text may become (SentencePiece's unused ones).
    var transient: Set<Int32> = []
    /// Where pieces may be cut before they are merged, once ``prepare()`` has found that they may.
    private(set) var cuts: WordCuts?

    /// The ids of the characters of the basic plane, -1 for those without one; none where a prefix or suffix may change
    /// what is looked up.
    private var characters: [Int32] = []

    /// What encoding needs beside the text.
    struct Scratch: Sendable {
        fileprivate var loop = MergeLoop()
        fileprivate var recent = RecentMerges()
    }

    init(vocabulary: Vocabulary, alphabet: Alphabet, merges: Merges) {
        self.vocabulary = vocabulary
        self.alphabet = alphabet
        self.merges = merges
    }

    /// Makes the tables that encoding needs; call it last.
    mutating func prepare() {
        if case .bytes(let ids) = alphabet, case .listed(var table) = merges {
            table.indexBytes(ids)
            merges = .listed(table)
        }
        guard case .characters(let prefix, let suffix) = alphabet, prefix.isEmpty, suffix.isEmpty else { return }
        characters = vocabulary.characters()
        // Unknown characters that vanish or become one token connect what stands on their sides.
        guard !omitsUnknown, byteFallback != nil || !fusesUnknown else { return }
        cuts = WordCuts(vocabulary)
    }

    /// The token of a part that is a character, if it is known without further ado.
    @inline(__always)
    func character(_ text: UnsafeBufferPointer<UInt8>, _ part: Range<Int>) -> Int32? {
        guard part.count < 4, frozen.isEmpty, transient.isEmpty else { return nil }
        var end = part.lowerBound
        let scalar = decodeScalar(text, &end)
        guard end == part.upperBound else { return nil }
        return token(scalar, UnsafeBufferPointer(rebasing: text[part]))
    }

    /// The token of a character that nothing is put around.
    @inline(__always)
    private func token(_ scalar: Unicode.Scalar, _ bytes: UnsafeBufferPointer<UInt8>) -> Int32? {
        guard Int(scalar.value) < characters.count else { return vocabulary.id(of: bytes) }
        let id = characters[Int(scalar.value)]
        return id < 0 ? nil : id
    }

    func encode(
        _ text: UnsafeBufferPointer<UInt8>, _ piece: Range<Int>, _ scratch: inout Scratch, into sink: inout TokenSink
    ) {
        if takesWholePieces, let id = wholePiece(UnsafeBufferPointer(rebasing: text[piece])), !special.contains(id) {
            sink.append(id, piece)
            return
        }
        guard !frozen.isEmpty else {
            encodeUnfrozen(text, piece, &scratch, into: &sink)
            return
        }
        var start = piece.lowerBound
        var position = start
        while position < piece.upperBound {
            if let match = frozen.longestMatch(in: text, from: position, to: piece.upperBound) {
                if start < position { encodeUnfrozen(text, start..<position, &scratch, into: &sink) }
                sink.append(match.value, position..<match.end)
                position = match.end
                start = position
            } else {
                position += 1
            }
        }
        if start < position { encodeUnfrozen(text, start..<position, &scratch, into: &sink) }
    }

    private func encodeUnfrozen(
        _ text: UnsafeBufferPointer<UInt8>, _ piece: Range<Int>, _ scratch: inout Scratch, into sink: inout TokenSink
    ) {
        scratch.loop.begin()
        switch alphabet {
        case .bytes(let ids):
            for index in piece where ids[Int(text[index])] >= 0 || !omitsUnknown {
                scratch.loop.append(ids[Int(text[index])], start: index)
            }
        case .characters(let prefix, let suffix):
            appendCharacters(text, piece, prefix, suffix, to: &scratch.loop)
        }
        switch merges {
        case .listed(let table):
            table.withLookup { lookup in
                if case .bytes = alphabet {
                    scratch.loop.run(
                        end: piece.upperBound, findFirst: { lookup.merge(ofBytes: text[$0.start], text[$1.start]) }
                    ) { left, right, _ in scratch.recent.merge(left, right, lookup) }
                } else {
                    scratch.loop.run(end: piece.upperBound) { left, right, _ in
                        scratch.recent.merge(left, right, lookup)
                    }
                }
            }
        case .implied(let ranks):
            var halves: [Int32: (Int32, Int32)] = [:]
            scratch.loop.run(end: piece.upperBound) { left, right, range in
                guard let id = vocabulary.id(of: UnsafeBufferPointer(rebasing: text[range])) else { return .none }
                let rank = ranks[Int(id)]
                if rank >= 0, max(left, right) >= 0, transient.contains(id) { halves[id] = (left, right) }
                return rank < 0 ? .none : MergeTable.Merge(rank: rank, id: id)
            }
            if !halves.isEmpty { scratch.loop.split(by: halves) { vocabulary.piece($0)?.count ?? 0 } }
        }
        emit(scratch.loop, text, into: &sink)
    }

    private func appendCharacters(
        _ text: UnsafeBufferPointer<UInt8>, _ piece: Range<Int>, _ prefix: [UInt8], _ suffix: [UInt8],
        to loop: inout MergeLoop
    ) {
        var position = piece.lowerBound
        while position < piece.upperBound {
            let start = position
            let scalar = decodeScalar(text, &position)
            let character = UnsafeBufferPointer(rebasing: text[start..<position])
            let before = start > piece.lowerBound ? prefix : []
            let after = position == piece.upperBound ? suffix : []
            let id =
                before.isEmpty && after.isEmpty
                ? token(scalar, character) : vocabulary.id(of: before + Array(character) + after)
            if let id {
                loop.append(id, start: start)
            } else if case .listed = merges, let byteFallback {
                for index in start..<position { loop.append(byteFallback[Int(text[index])], start: index) }
            } else if !omitsUnknown {
                loop.append(-1, start: start)
            }
        }
    }

    private func emit(_ loop: MergeLoop, _ text: UnsafeBufferPointer<UInt8>, into sink: inout TokenSink) {
        var wasUnknown = false
        for (index, symbol) in loop.symbols.enumerated() {
            let id = symbol.id
            let range = symbol.start..<(index + 1 < loop.symbols.count ? loop.symbols[index + 1].start : loop.end)
            if id >= 0 {
                sink.append(id, range)
            } else if let byteFallback {
                for byte in range { sink.append(byteFallback[Int(text[byte])], byte..<byte + 1) }
            } else if let unknown {
                if wasUnknown, fusesUnknown {
                    sink.extendLast(to: range.upperBound)
                } else {
                    sink.append(unknown, range)
                }
            }
            wasUnknown = id < 0
        }
    }

    private func wholePiece(_ piece: UnsafeBufferPointer<UInt8>) -> Int32? {
        guard usesByteAlphabet else { return vocabulary.id(of: piece) }
        let scalars = ByteAlphabet.scalarValues
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: piece.count * 2) { buffer in
            var count = 0
            for byte in piece {
                let scalar = scalars[Int(byte)]
                if scalar < 0x80 {
                    buffer[count] = UInt8(truncatingIfNeeded: scalar)
                    count &+= 1
                } else {
                    buffer[count] = UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6)
                    buffer[count &+ 1] = UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F)
                    count &+= 2
                }
            }
            return vocabulary.id(of: UnsafeBufferPointer(rebasing: buffer[..<count]))
        }
    }
}
