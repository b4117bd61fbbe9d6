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
        return code & (1 << UInt32(truncatingIfNeeded: bits) &- 1)
    }
}

/// Streams down the columns of a tensor [words, rows], as GPTQ packs weights along their inputs.
struct ColumnStreams: CodeReader {
    let stream: BitStream
    let rows: Int

    func read(row: Int, columns: Range<Int>, into codes: UnsafeMutablePointer<UInt8>) {
        for (index, column) in columns.enumerated() {
            codes[index] = UInt8(truncatingIfNeeded: stream.code(column, first: row, stride: rows))
        }
    }
}

/// Streams along the rows of a tensor [rows, words], as compressed-tensors packs them.
struct RowStreams: CodeReader {
    let stream: BitStream
    let words: Int

    func read(row: Int, columns: Range<Int>, into codes: UnsafeMutablePointer<UInt8>) {
        for (index, column) in columns.enumerated() {
            codes[index] = UInt8(truncatingIfNeeded: stream.code(column, first: row * words, stride: 1))
        }
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
