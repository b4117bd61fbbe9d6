package import Files

/// A file of pages that texts have left behind: each with its 32 tokens and the page that it follows. What is damaged, or made by
/// another model, is told from what is whole before anything of it is used.
package enum PrefixFile {
    /// A page of all tables.
    package struct Page {
        /// The page that it follows, by its place in the file; nil for the beginning of a text.
        package let parent: Int?
        package let tokens: [Int32]
        package let slice: SequenceCache.Snapshot.Slice

        package init(parent: Int?, tokens: [Int32], slice: SequenceCache.Snapshot.Slice) {
            (self.parent, self.tokens, self.slice) = (parent, tokens, slice)
        }
    }

    private static let magic = Array("SWIFTLET PAGES 1".utf8)

    /// Writes pages, each after the one that it follows.
    ///
    /// - Parameter identity: a sum that tells the model and how it computes from all others.
    package static func write(
        _ pages: [Page], identity: UInt64, layout: CacheLayout, to path: String
    ) throws(FileError) {
        var writer = SummingWriter(file: try AtomicFile(path: path))
        try writer.put(magic)
        try writer.put(bytes(of: [identity, UInt64(layout.pageBytes), UInt64(pages.count)]))
        for page in pages {
            try writer.put(bytes(of: [page.parent.map { UInt64($0) } ?? .max]))
            try writer.put(bytes(of: page.tokens))
            for (part, table) in zip(page.slice.pages, layout.tables) {
                guard let part else { continue }
                try writer.put(UnsafeRawBufferPointer(start: part.memory, count: table.pageBytes))
            }
        }
        try writer.finish()
    }

    /// Writes bytes, and their sum at the end.
    private struct SummingWriter: ~Copyable {
        var file: AtomicFile
        var sum = Checksum()

        mutating func put(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
            sum.add(bytes)
            try file.append(bytes)
        }

        mutating func put(_ bytes: [UInt8]) throws(FileError) {
            bytes.withUnsafeBytes { sum.add($0) }
            try file.append(bytes)
        }

        consuming func finish() throws(FileError) {
            try file.append(PrefixFile.bytes(of: [sum.value]))
            try file.commit()
        }
    }

    private static func bytes(of values: [some FixedWidthInteger]) -> [UInt8] {
        values.flatMap { value in withUnsafeBytes(of: value.littleEndian, Array.init) }
    }

    /// Reads pages.
    ///
    /// - Parameter limit: how many at most: the first, of which none follows a later one.
    /// - Throws: `FileError` if the file cannot be read, is damaged, or is another model's.
    package static func read(
        _ path: String, identity: UInt64, layout: CacheLayout, limit: Int = .max, meter: CacheMeter
    ) throws(FileError) -> [Page] {
        func refusal(_ reason: String) -> FileError { FileError("read", path, reason: reason) }
        let file = try MappedFile(path: path)
        let bytes = file.bytes
        func word(_ offset: Int) -> UInt64 {
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        let start = magic.count + 24
        guard bytes.count >= start + 8, bytes.prefix(magic.count).elementsEqual(magic) else {
            throw refusal("it holds no pages of texts")
        }
        guard word(magic.count) == identity, word(magic.count + 8) == UInt64(layout.pageBytes) else {
            throw refusal("it was written by another model, or under other settings")
        }
        let step = 8 + 4 * CacheLayout.pageTokens + layout.pageBytes
        let body = bytes.count - start - 8
        guard body % step == 0, UInt64(body / step) == word(magic.count + 16) else {
            throw refusal("it is damaged: it has \(bytes.count) bytes, which is not what it says")
        }
        guard sum(bytes, start: start, step: step, layout: layout) == word(bytes.count - 8) else {
            throw refusal("it is damaged: its checksum is not that of its contents")
        }
        var pages: [Page] = []
        for index in 0..<min(body / step, max(limit, 0)) {
            let offset = start + index * step
            let parent = word(offset)
            guard parent == .max || parent < UInt64(index) else {
                throw refusal("it is damaged: page \(index) follows none")
            }
            let tokens = (0..<CacheLayout.pageTokens).map { place in
                Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8 + 4 * place, as: Int32.self))
            }
            var place = offset + 8 + 4 * CacheLayout.pageTokens
            let parts = layout.tables.map { table -> CachePage? in
                defer { place += table.pageBytes }
                let page = CachePage(byteCount: table.pageBytes, meter: meter)
                UnsafeMutableRawBufferPointer(start: page.memory, count: table.pageBytes)
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[place..<place + table.pageBytes]))
                return page
            }
            pages.append(
                Page(
                    parent: parent == .max ? nil : Int(parent), tokens: tokens,
                    slice: SequenceCache.Snapshot.Slice(pages: parts)))
        }
        return pages
    }

    /// The sum of a file's contents, piece by piece as they were written.
    private static func sum(_ bytes: UnsafeRawBufferPointer, start: Int, step: Int, layout: CacheLayout) -> UInt64 {
        var sum = Checksum()
        func add(_ range: Range<Int>) { sum.add(UnsafeRawBufferPointer(rebasing: bytes[range])) }
        add(0..<magic.count)
        add(magic.count..<start)
        var offset = start
        while offset + step <= bytes.count - 8 {
            add(offset..<offset + 8)
            var place = offset + 8 + 4 * CacheLayout.pageTokens
            add(offset + 8..<place)
            for table in layout.tables {
                add(place..<place + table.pageBytes)
                place += table.pageBytes
            }
            offset += step
        }
        return sum.value
    }
}
