/// The tokens of words met before: words repeat, and looking one up is quicker than cutting it anew.
///
/// Each word has two places side by side; a new one takes the first, and what was there moves on to the second. Grows
/// with use up to eight megabytes.
struct WordCache: Sendable {
    /// The longest word that is kept, in bytes.
    static let longestWord = 31
    /// The most tokens that a kept word has.
    static let mostTokens = 8
    /// How many words are best fetched together.
    static let batchSize = 16
    private static let mostLines = 1 << 17

    /// A word and its tokens: as much as a line of the processor's cache has.
    private struct Line {
        var word = Word()
        var tokens = Tokens()
    }

    private var lines = [Line](repeating: Line(), count: 1 << 8)
    private var count = 0
    private var fetched: UInt64 = 0

    /// Touches the lines of words that are looked up next: the processor waits for all of them at once, where one look
    /// after the other would wait for each.
    @inline(__always)
    mutating func fetch(_ text: UnsafeBufferPointer<UInt8>, _ pieces: ArraySlice<Range<Int>>) {
        fetched = lines.withUnsafeBufferPointer { lines in
            pieces.reduce(0) { sum, piece in
                guard piece.count <= Self.longestWord else { return sum }
                return sum &+ lines[Word(text, piece).place(among: lines.count)].tokens.first
            }
        }
    }

    /// The tokens of `word`, if they are known.
    @inline(__always)
    func tokens(of word: Word) -> Tokens? {
        lines.withUnsafeBufferPointer { lines in
            let place = word.place(among: lines.count)
            if lines[place].word == word { return lines[place].tokens }
            return lines[place &+ 1].word == word ? lines[place &+ 1].tokens : nil
        }
    }

    /// Keeps the tokens of a word that is not there yet, unless they are too many.
    mutating func insert(_ word: Word, _ ids: Slice<UnsafeBufferPointer<Int32>>) {
        guard let tokens = Tokens(ids) else { return }
        count += 1
        if count * 2 > lines.count, lines.count < Self.mostLines { grow() }
        put(Line(word: word, tokens: tokens))
    }

    private mutating func put(_ line: Line) {
        let place = line.word.place(among: lines.count)
        lines[place + 1] = lines[place]
        lines[place] = line
    }

    private mutating func grow() {
        let old = lines
        lines = Array(repeating: Line(), count: old.count * 4)
        for line in old where line.tokens.count > 0 { put(line) }
    }
}

extension WordCache {
    /// The bytes of a word, zeros, and in the last byte their count.
    struct Word: Sendable {
        private var units: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

        fileprivate init() {}

        /// The word in `text[range]`, of at most ``longestWord`` bytes.
        @inline(__always)
        init(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
            let count = range.upperBound &- range.lowerBound
            guard range.lowerBound &+ 32 <= text.count, let base = text.baseAddress else {
                setBytes(UnsafeBufferPointer(rebasing: text[range]))
                return
            }
            let start = UnsafeRawPointer(base + range.lowerBound)
            @inline(__always) func unit(_ index: Int) -> UInt64 {
                let bits = 8 &* count &- 64 &* index
                let rest = UInt64.max &<< UInt64(truncatingIfNeeded: bits)
                let mask = bits <= 0 ? 0 : bits < 64 ? ~rest : ~0
                return start.loadUnaligned(fromByteOffset: 8 &* index, as: UInt64.self) & mask
            }
            units = (unit(0), unit(1), unit(2), unit(3) | UInt64(truncatingIfNeeded: count) &<< 56)
        }

        /// The same byte by byte, for the last words of a text.
        @inline(never)
        private mutating func setBytes(_ word: UnsafeBufferPointer<UInt8>) {
            withUnsafeMutableBytes(of: &units) { bytes in
                bytes.copyBytes(from: word)
                bytes[31] = UInt8(word.count)
            }
        }

        @inline(__always)
        fileprivate static func == (left: Word, right: Word) -> Bool {
            let (a, b) = (left.units, right.units)
            return ((a.0 ^ b.0) | (a.1 ^ b.1)) | ((a.2 ^ b.2) | (a.3 ^ b.3)) == 0
        }

        /// The first of the word's two places among `count`, a power of two.
        @inline(__always)
        fileprivate func place(among count: Int) -> Int {
            let sum =
                units.0 &* 0x9E37_79B9_7F4A_7C15 &+ units.1 &* 0xD6E8_FEB8_6659_FD93
                &+ units.2 &* 0xA076_1D64_78BD_642F &+ units.3 &* 0xE703_7ED1_A0B4_28DB
            return Int(truncatingIfNeeded: sum >> 40) & (count &- 2)
        }
    }

    /// Up to ``mostTokens`` ids of 24 bits, and above the first one their count.
    struct Tokens: Sendable {
        private var units: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

        fileprivate init() {}

        fileprivate init?(_ ids: Slice<UnsafeBufferPointer<Int32>>) {
            guard ids.count <= mostTokens, ids.allSatisfy({ $0 >> 24 == 0 }) else { return nil }
            withUnsafeMutableBytes(of: &units) { bytes in
                for (index, id) in ids.enumerated() {
                    bytes.storeBytes(of: id, toByteOffset: 4 * index, as: Int32.self)
                }
            }
            units.0 |= UInt64(ids.count) << 24
        }

        fileprivate var first: UInt64 { units.0 }

        /// How many there are.
        @inline(__always)
        var count: Int { Int(truncatingIfNeeded: units.0 >> 24 & 0xFF) }

        /// Writes all of ``mostTokens``, of which the first ``count`` count.
        @inline(__always)
        func write(to output: UnsafeMutableRawPointer) {
            output.storeBytes(of: units.0 & ~0xFF00_0000, as: UInt64.self)
            output.storeBytes(of: units.1, toByteOffset: 8, as: UInt64.self)
            output.storeBytes(of: units.2, toByteOffset: 16, as: UInt64.self)
            output.storeBytes(of: units.3, toByteOffset: 24, as: UInt64.self)
        }
    }
}
