import Essentials
import Files
import Platform
import Tensors

/// A file of sections of bytes, each from a multiple of 64 KiB on, that are mapped when it is opened; damage is noticed.
///
/// First 8 bytes "SWVECT1\n", the length of the header as 64 bits (little endian), its checksum, the header (JSON), then the
/// sections, then for each MiB of the file from the first section on a checksum of 64 bits.
struct SnapshotFile {
    /// What a section is called, where it is, and how long.
    struct Section: Codable {
        let name: String
        let offset: Int
        let byteCount: Int
    }

    struct Header: Codable {
        /// The layout of the file; a reader refuses what is above its own.
        var format: Int
        /// What kind of file this is.
        let kind: String
        /// Numbers that the sections are read with.
        let numbers: [String: Int]
        let sections: [Section]
        /// Where the checksums of blocks begin: the end of the last section.
        let sumsOffset: Int
        /// The checksum of those.
        let sumsChecksum: UInt64
    }

    static let format = 1
    private static let magic = Array("SWVECT1\n".utf8)
    private static let block = 1 << 20, alignment = 1 << 16

    let path: String
    let header: Header
    private let file: OpenFile

    // MARK: Writing

    /// Writes a file, in its place only when it is on the disk.
    static func write(
        _ path: String, kind: String, numbers: [String: Int], sections: [(name: String, bytes: UnsafeRawBufferPointer)]
    ) throws {
        var places: [Section] = []
        var end = alignment
        for section in sections {
            places.append(Section(name: section.name, offset: end, byteCount: section.bytes.count))
            end = (end + section.bytes.count + alignment - 1) / alignment * alignment
        }
        var sums = BlockSums()
        for (place, section) in zip(places, sections) {
            sums.add(section.bytes)
            sums.add(zeros: (place.byteCount + alignment - 1) / alignment * alignment - place.byteCount)
        }
        let table = sums.finish()
        let header = Header(
            format: format, kind: kind, numbers: numbers, sections: places, sumsOffset: end,
            sumsChecksum: table.withUnsafeBytes { Checksum.of($0) })
        let text = Array(try JSONEncoder().encode(header))
        guard 24 + text.count <= alignment else {
            throw VectorError.invalidOption("The header of \(path) is too long.")
        }
        var file = try AtomicFile(path: path)
        try file.append(magic + bytes(UInt64(text.count)) + bytes(text.withUnsafeBytes { Checksum.of($0) }) + text)
        try file.pad(to: alignment)
        for section in sections {
            try file.append(section.bytes)
            try file.pad(to: alignment)
        }
        try file.append(table.flatMap(bytes))
        try file.commit()
    }

    private static func bytes(_ word: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }

    // MARK: Reading

    /// Opens a file and checks its header and length; `verify` checks the rest.
    init(path: String, kind: String) throws(VectorError) {
        self.path = path
        guard let file = OpenFile(path: path) else {
            throw .damaged(path: path, reason: "it cannot be opened (\(String(cString: strerror(errno))))")
        }
        guard let start = file.read(0, 24), start.count == 24, Array(start[..<8]) == Self.magic else {
            throw .damaged(path: path, reason: "it does not begin as such a file does")
        }
        func word(_ place: Int) -> UInt64 { (0..<8).reduce(0) { $0 | UInt64(start[place + $1]) << (8 * UInt64($1)) } }
        guard let length = Int(exactly: word(8)), (2...Self.alignment).contains(length),
            let text = file.read(24, length), text.count == length,
            text.withUnsafeBytes({ Checksum.of($0) }) == word(16)
        else { throw .damaged(path: path, reason: "its header does not have its checksum") }
        guard let header = try? JSONDecoder().decode(Header.self, from: Data(text)), header.kind == kind else {
            throw .damaged(path: path, reason: "its header cannot be read")
        }
        guard header.format <= Self.format else {
            throw .newerFormat(path: path, found: header.format, supported: Self.format)
        }
        let blocks = (header.sumsOffset - Self.alignment + Self.block - 1) / Self.block
        let expected = header.sumsOffset + 8 * blocks
        guard file.byteCount == expected else {
            throw .damaged(path: path, reason: "it has \(file.byteCount) bytes and should have \(expected)")
        }
        (self.header, self.file) = (header, file)
    }

    /// The bytes of a section, to be changed at will: the file stays as it is.
    func map(_ name: String) throws(VectorError) -> Region {
        guard let section = header.sections.first(where: { $0.name == name }) else {
            throw .damaged(path: path, reason: "it has no section \(name)")
        }
        if section.byteCount == 0 { return Region(byteCount: 0) }
        return try Region(
            descriptor: file.descriptor, offset: section.offset, byteCount: section.byteCount, path: path)
    }

    /// The length of a section.
    func byteCount(of name: String) -> Int { header.sections.first { $0.name == name }?.byteCount ?? 0 }

    /// One of the header's numbers.
    func number(_ name: String) throws(VectorError) -> Int {
        guard let number = header.numbers[name] else { throw .damaged(path: path, reason: "its header has no \(name)") }
        return number
    }

    /// Reads the whole file and compares it with its checksums.
    func verify() throws(VectorError) {
        let blocks = (header.sumsOffset - Self.alignment + Self.block - 1) / Self.block
        guard let bytes = file.read(header.sumsOffset, 8 * blocks), bytes.count == 8 * blocks,
            bytes.withUnsafeBytes({ Checksum.of($0) }) == header.sumsChecksum
        else { throw .damaged(path: path, reason: "its table of checksums does not have its checksum") }
        let table = bytes.withUnsafeBytes { bytes in
            (0..<blocks).map { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)) }
        }
        for (number, sum) in table.enumerated() {
            let begin = Self.alignment + number * Self.block
            let length = min(Self.block, header.sumsOffset - begin)
            guard let block = file.read(begin, length), block.count == length,
                block.withUnsafeBytes({ Checksum.of($0) }) == sum
            else { throw .damaged(path: path, reason: "the bytes from \(begin) on do not have their checksum") }
        }
    }

    /// The length of the file.
    var byteCount: Int { file.byteCount }

    /// Checksums of the blocks of a stream of bytes.
    private struct BlockSums {
        private var sums: [UInt64] = []
        private var pending: [UInt8] = []

        mutating func add(_ bytes: UnsafeRawBufferPointer) {
            var rest = bytes
            while !rest.isEmpty {
                if pending.isEmpty, rest.count >= block {
                    sums.append(Checksum.of(UnsafeRawBufferPointer(rebasing: rest[..<block])))
                    rest = UnsafeRawBufferPointer(rebasing: rest[block...])
                    continue
                }
                let taken = min(rest.count, block - pending.count)
                pending.append(contentsOf: rest[..<taken])
                rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
                if pending.count == block { flush() }
            }
        }

        mutating func add(zeros count: Int) {
            let zeros = [UInt8](repeating: 0, count: count)
            zeros.withUnsafeBytes { add($0) }
        }

        private mutating func flush() {
            sums.append(pending.withUnsafeBytes { Checksum.of($0) })
            pending = []
        }

        mutating func finish() -> [UInt64] {
            if !pending.isEmpty { flush() }
            return sums
        }
    }
}

/// A file that is open for reading; what is mapped of it stays when it is closed or removed.
private final class OpenFile: Sendable {
    let descriptor: Int32
    let byteCount: Int

    init?(path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            return nil
        }
        (self.descriptor, byteCount) = (descriptor, Int(status.st_size))
    }

    deinit { close(descriptor) }

    /// The bytes from `offset` on, fewer at the end of the file; nil if they cannot be read.
    func read(_ offset: Int, _ count: Int) -> [UInt8]? {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let more = pread(
                    descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(offset + filled))
                if more < 0, errno == EINTR { continue }
                failed = more < 0
                if more <= 0 { break }
                filled += more
            }
        }
        return failed ? nil : bytes
    }
}
