import Tensors

/// Codes packed one after another into little-endian 32-bit words, lowest bits first; they may cross words.
struct BitStream {
    let base: UnsafeRawPointer
    let bits: Int

    /// The code at `index` of the stream whose words begin at word `first` and lie `stride` words apart.
    @inline(__always)
    func code(_ index: Int, first: Int, stride: Int) -> UInt32 {
        let position = index &* bits
        let word = first &+ (position >> 5) &* stride
        let shift = UInt32(truncatingIfNeeded: position & 31)
        var code = base.loadUnaligned(fromByteOffset: 4 &* word, as: UInt32.self) >> shift
        if shift &+ UInt32(truncatingIfNeeded: bits) > 32 {
            code |= base.loadUnaligned(fromByteOffset: 4 &* (word &+ stride), as: UInt32.self) << (32 &- shift)
        }
        return code & mask
    }

    private var mask: UInt32 { 1 << UInt32(truncatingIfNeeded: bits) &- 1 }

    /// Writes the codes at `indices` of a stream; those that fill whole words are read a word at a time.
    @inline(__always)
    func read(_ indices: Range<Int>, first: Int, stride: Int, into codes: UnsafeMutablePointer<UInt8>) {
        // The compiler unrolls what a constant says.
        switch bits {
        case 2 where isWhole(indices): readWords(indices, bits: 2, first: first, stride: stride, into: codes)
        case 4 where isWhole(indices): readWords(indices, bits: 4, first: first, stride: stride, into: codes)
        case 8 where isWhole(indices): readWords(indices, bits: 8, first: first, stride: stride, into: codes)
        default:
            for (position, index) in indices.enumerated() {
                codes[position] = UInt8(truncatingIfNeeded: code(index, first: first, stride: stride))
            }
        }
    }

    private func isWhole(_ indices: Range<Int>) -> Bool {
        indices.lowerBound * bits % 32 == 0 && indices.count * bits % 32 == 0
    }

    @inline(__always)
    private func readWords(
        _ indices: Range<Int>, bits: Int, first: Int, stride: Int, into codes: UnsafeMutablePointer<UInt8>
    ) {
        let perWord = 32 / bits
        var word = first &+ indices.lowerBound / perWord &* stride
        var target = codes
        for _ in 0..<indices.count / perWord {
            let value = base.loadUnaligned(fromByteOffset: 4 &* word, as: UInt32.self)
            for position in 0..<perWord {
                let code = value >> UInt32(truncatingIfNeeded: position &* bits)
                target[position] = UInt8(truncatingIfNeeded: code) & UInt8(truncatingIfNeeded: 1 << bits - 1)
            }
            word &+= stride
            target += perWord
        }
    }
}

/// Streams down the columns of a tensor [words, rows], as GPTQ packs weights along their inputs.
struct ColumnStreams: CodeReader {
    let stream: BitStream
    let rows: Int

    func read(row: Int, columns: Range<Int>, into codes: UnsafeMutablePointer<UInt8>) {
        stream.read(columns, first: row, stride: rows, into: codes)
    }
}

/// Streams along the rows of a tensor [rows, words], as compressed-tensors packs them.
struct RowStreams: CodeReader {
    let stream: BitStream
    let words: Int

    func read(row: Int, columns: Range<Int>, into codes: UnsafeMutablePointer<UInt8>) {
        stream.read(columns, first: row * words, stride: 1, into: codes)
    }
}

/// AWQ's tensor [columns, rows / 8] of 4-bit codes, whose rows are interleaved within each word.
struct InterleavedNibbles: CodeReader {
    /// Which nibble holds each of 8 rows: AWQ packs rows 0, 2, 4, 6, 1, 3, 5, 7 from the lowest nibble on.
    static let nibbles = [0, 4, 1, 5, 2, 6, 3, 7] as [UInt32]

    let base: UnsafeRawPointer
    let rows: Int

    func read(row: Int, columns: Range<Int>, into codes: UnsafeMutablePointer<UInt8>) {
        let shift = 4 * Self.nibbles[row & 7]
        for (index, column) in columns.enumerated() {
            let word = column &* (rows >> 3) &+ row >> 3
            codes[index] = UInt8(base.loadUnaligned(fromByteOffset: 4 &* word, as: UInt32.self) >> shift & 15)
        }
    }
}

/// Signed bytes [rows, columns], seen as unsigned codes whose zero is 128.
struct SignedBytes: CodeReader {
    let base: UnsafeRawPointer
    let columns: Int

    func read(row: Int, columns range: Range<Int>, into codes: UnsafeMutablePointer<UInt8>) {
        for (index, column) in range.enumerated() {
            codes[index] = base.load(fromByteOffset: row &* columns &+ column, as: UInt8.self) ^ 0x80
        }
    }
}
