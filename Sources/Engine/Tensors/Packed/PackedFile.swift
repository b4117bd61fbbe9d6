import CKernels
import Files

/// A file of packed matrices, mapped read-only.
///
/// All numbers are little-endian words of 64 bits: the magic, the version, the length of the file, the number of entries,
/// the entries (`wordsPerEntry` words each), and a sum of all words before. The matrices follow, each at a multiple of 4096.
///
/// Such files are replaced by renaming, so an open one stays as it is.
final class PackedFile: Sendable {
    /// Where one matrix is, and what it was made of.
    struct Entry: Hashable {
        /// Tells the source from all others.
        var source: UInt64
        /// The matrix' common factor.
        var scale: Float
        /// Where its bytes begin in the file.
        var offset: Int
        var byteCount: Int
        /// The sum of its bytes.
        var checksum: UInt64

        static let words = 5

        init(source: UInt64, scale: Float, offset: Int, byteCount: Int, checksum: UInt64) {
            self.source = source
            self.scale = scale
            self.offset = offset
            self.byteCount = byteCount
            self.checksum = checksum
        }

        init?(words: ArraySlice<UInt64>, fileLength: Int) {
            let words = Array(words)
            guard words.count == Self.words, let scale = UInt32(exactly: words[1]),
                let offset = Int(exactly: words[2]), let byteCount = Int(exactly: words[3]),
                offset % PackedFile.alignment == 0, offset <= fileLength, byteCount <= fileLength - offset
            else { return nil }
            self.init(
                source: words[0], scale: Float(bitPattern: scale), offset: offset, byteCount: byteCount,
                checksum: words[4])
        }

        var encoded: [UInt64] {
            [source, UInt64(scale.bitPattern), UInt64(offset), UInt64(byteCount), checksum]
        }
    }

    static let alignment = 4096
    /// "SWIFTPKD".
    static let magic: UInt64 = 0x444B_5054_4649_5753
    /// The form of this file, and that of the matrices.
    static var version: UInt64 { 1 << 32 | UInt64(SWIFTLET_LAYOUT_VERSION) }
    static let headerWords = 4

    /// The matrices by their sources.
    let entries: [UInt64: Entry]
    private let file: MappedFile

    /// Maps the file at `path`; nil if there is none, it is of another version, or its table is damaged.
    init?(path: String) {
        guard let file = try? MappedFile(path: path), let entries = Self.readTable(file.bytes) else { return nil }
        self.file = file
        self.entries = entries
    }

    /// The bytes of a matrix, valid as long as this file.
    func bytes(of entry: Entry) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: file.bytes[entry.offset..<entry.offset + entry.byteCount])
    }

    private static func readTable(_ bytes: UnsafeRawBufferPointer) -> [UInt64: Entry]? {
        func word(_ index: Int) -> UInt64 {
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
        }
        guard bytes.count >= 8 * (headerWords + 1), word(0) == magic, word(1) == version,
            word(2) == UInt64(bytes.count),
            let count = Int(exactly: word(3)), count <= bytes.count / (8 * Entry.words)
        else { return nil }
        let end = headerWords + count * Entry.words
        guard 8 * (end + 1) <= bytes.count else { return nil }
        var sum = Checksum()
        let words = (0..<end).map(word)
        for word in words { sum.add(word) }
        guard sum.value == word(end) else { return nil }
        var entries: [UInt64: Entry] = [:]
        for start in stride(from: headerWords, to: end, by: Entry.words) {
            guard let entry = Entry(words: words[start..<start + Entry.words], fileLength: bytes.count) else {
                return nil
            }
            entries[entry.source] = entry
        }
        return entries
    }
}
