import Files

/// The entries of a zip file by name, read from its central directory (PKWARE's APPNOTE 6.3, with zip64).
///
/// Only stored entries can be asked for: PyTorch writes no others, so that tensors can be mapped where they lie.
struct ZipDirectory {
    private struct Entry {
        let method: UInt16
        let isEncrypted: Bool
        let storedCount: UInt64
        let count: UInt64
        let headerOffset: UInt64
    }

    private let file: MappedFile
    private var entries: [String: Entry] = [:]
    private(set) var names: [String] = []

    init(_ file: MappedFile) throws(CheckpointError) {
        self.file = file
        let directory = try Self.directory(of: file)
        var cursor = FileCursor(file: file, range: directory.range)
        // The smallest entry takes 46 bytes.
        guard directory.count <= UInt64(directory.range.count / 46) else {
            throw cursor.error("\(directory.count) entries cannot fit in a directory of \(directory.range.count) bytes")
        }
        for _ in 0..<directory.count {
            let (name, entry) = try Self.readEntry(&cursor)
            guard entries.updateValue(entry, forKey: name) == nil else {
                throw cursor.error("the archive has two entries of this name", at: "entry \(name)")
            }
            names.append(name)
        }
    }

    /// Where in the file the bytes of an entry are, or nil if there is no such entry.
    func range(of name: String) throws(CheckpointError) -> Range<Int>? {
        guard let entry = entries[name] else { return nil }
        func failure(_ reason: String, _ remedy: String? = nil) -> CheckpointError {
            CheckpointError(path: file.path, location: "entry \(name)", reason: reason, remedy: remedy)
        }
        guard entry.method == 0, !entry.isEncrypted, entry.storedCount == entry.count else {
            throw failure(
                entry.isEncrypted ? "the entry is encrypted" : "the entry is compressed (method \(entry.method))",
                "Save the archive again with torch.save, which stores entries as they are")
        }
        guard let offset = Int(exactly: entry.headerOffset), offset <= file.count else {
            throw failure("its offset \(entry.headerOffset) is past the \(file.count) bytes of the file")
        }
        var cursor = FileCursor(file: file, offset: offset)
        guard try cursor.read(UInt32.self) == 0x0403_4B50 else { throw failure("no entry begins at offset \(offset)") }
        try cursor.skip(22)
        let nameCount = Int(try cursor.read(UInt16.self))
        let extraCount = Int(try cursor.read(UInt16.self))
        try cursor.skip(nameCount + extraCount)
        guard let count = Int(exactly: entry.count), count <= cursor.remaining else {
            throw failure(
                "its \(entry.count) bytes reach past the end of the file (\(cursor.remaining) are left)",
                "The file is truncated; download it again")
        }
        return cursor.offset..<cursor.offset + count
    }

    /// Finds the end record, which a comment of up to 64 KB may follow, and what it says about the directory.
    private static func directory(of file: MappedFile) throws(CheckpointError) -> (range: Range<Int>, count: UInt64) {
        let last = file.count - 22
        guard last >= 0,
            let end = stride(from: last, through: max(0, last - 0xFFFF), by: -1).first(where: { offset in
                file.bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self) == 0x0605_4B50
                    && Int(file.bytes.loadUnaligned(fromByteOffset: offset + 20, as: UInt16.self)) == last - offset
            })
        else {
            throw CheckpointError(
                path: file.path, reason: "the archive's directory is missing at the end of the file",
                remedy: "The file is truncated; download it again")
        }
        var cursor = FileCursor(file: file, offset: end + 10)
        var count = UInt64(try cursor.read(UInt16.self))
        var size = UInt64(try cursor.read(UInt32.self))
        var offset = UInt64(try cursor.read(UInt32.self))
        if count == 0xFFFF || size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF, end >= 20 {
            var locator = FileCursor(file: file, offset: end - 20)
            if try locator.read(UInt32.self) == 0x0706_4B50 {
                try locator.skip(4)
                var record = FileCursor(file: file, offset: min(try locator.readCount(), file.count))
                guard try record.read(UInt32.self) == 0x0606_4B50 else {
                    throw record.error("expected the zip64 record of the archive's end")
                }
                try record.skip(28)
                (count, size, offset) = (
                    try record.read(UInt64.self), try record.read(UInt64.self), try record.read(UInt64.self)
                )
            }
        }
        guard let start = Int(exactly: offset), let length = Int(exactly: size), start <= end, length <= end - start
        else {
            throw cursor.error("a directory of \(size) bytes at offset \(offset) does not fit before offset \(end)")
        }
        return (start..<start + length, count)
    }

    private static func readEntry(_ cursor: inout FileCursor) throws(CheckpointError) -> (String, Entry) {
        guard try cursor.read(UInt32.self) == 0x0201_4B50 else { throw cursor.error("no entry of the directory") }
        try cursor.skip(4)
        let flags = try cursor.read(UInt16.self)
        let method = try cursor.read(UInt16.self)
        try cursor.skip(8)
        let shortStored = try cursor.read(UInt32.self)
        let shortCount = try cursor.read(UInt32.self)
        let nameCount = Int(try cursor.read(UInt16.self))
        let extraCount = Int(try cursor.read(UInt16.self))
        let commentCount = Int(try cursor.read(UInt16.self))
        try cursor.skip(8)
        let shortOffset = try cursor.read(UInt32.self)
        let start = cursor.offset
        try cursor.skip(nameCount)
        guard let name = String(validating: cursor.file.bytes[start..<cursor.offset], as: UTF8.self) else {
            throw cursor.error("the name of an entry is not valid UTF-8", at: "offset \(start)")
        }
        var extra = FileCursor(
            file: cursor.file, range: cursor.offset..<cursor.offset + min(extraCount, cursor.remaining))
        try cursor.skip(extraCount + commentCount)
        var wide = try zip64(&extra)
        // Fields that overflow 32 bits are in the extra field, in this order.
        func value(_ short: UInt32) throws(CheckpointError) -> UInt64 {
            short == .max && wide.remaining > 0 ? try wide.read(UInt64.self) : UInt64(short)
        }
        let count = try value(shortCount)
        let stored = try value(shortStored)
        let offset = try value(shortOffset)
        return (
            name,
            Entry(
                method: method, isEncrypted: flags & 1 != 0, storedCount: stored, count: count, headerOffset: offset)
        )
    }

    /// The contents of the extra field's zip64 part, empty if it has none.
    private static func zip64(_ extra: inout FileCursor) throws(CheckpointError) -> FileCursor {
        while extra.remaining >= 4 {
            let kind = try extra.read(UInt16.self)
            let count = Int(try extra.read(UInt16.self))
            let start = extra.offset
            try extra.skip(count)
            if kind == 1 { return FileCursor(file: extra.file, range: start..<extra.offset) }
        }
        return FileCursor(file: extra.file, range: extra.offset..<extra.offset)
    }
}
