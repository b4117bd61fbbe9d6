import Platform
/// The bytes of a file, mapped read-only into memory, or bytes held in memory.
///
/// The file must not shrink while it is mapped: reading a page that is gone ends the process (SIGBUS). Replace model
/// files by renaming, as the writers here do, which leaves open ones intact.
///
/// `@unchecked Sendable` is safe because the pointer never changes and nothing writes through it until `deinit`.
package final class MappedFile: @unchecked Sendable {
    /// The path that was opened, for errors.
    package let path: String
    /// Every byte; valid while this object lives.
    package let bytes: UnsafeRawBufferPointer
    /// The open file, -1 for bytes held in memory.
    private let descriptor: Int32
    /// The file's number, length and age, for a mapped one.
    private let identity: [UInt64]
    private var isMapped: Bool { descriptor >= 0 }

    /// The length in bytes.
    package var count: Int { bytes.count }

    /// Maps the file at `path`; one that is missing, empty or unreadable, or no regular file, is an error.
    package init(path: String) throws(FileError) {
        // Without O_NONBLOCK a named pipe would wait here for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw errno == ENOENT
                ? FileError("open", path, reason: "no such file", remedy: "Check the path") : FileError("open", path)
        }
        var isTaken = false
        defer { if !isTaken { close(descriptor) } }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError("open", path) }
        guard FileKind(status) == .file else {
            let isFolder = FileKind(status) == .folder
            throw FileError("open", path, reason: isFolder ? "is a folder, not a file" : "is not a regular file")
        }
        let length = Int(status.st_size)
        guard length > 0 else {
            throw FileError("open", path, reason: "the file is empty", remedy: "Download it again")
        }
        guard let base = mmap(nil, length, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
            throw FileError("map", path)
        }
        self.path = path
        bytes = UnsafeRawBufferPointer(start: base, count: length)
        self.descriptor = descriptor
        #if canImport(Darwin)
            let changed = status.st_mtimespec
        #else
            let changed = status.st_mtim
        #endif
        identity = [
            UInt64(status.st_ino), UInt64(length), UInt64(bitPattern: Int64(changed.tv_sec)), UInt64(changed.tv_nsec),
        ]
        isTaken = true
    }

    /// Holds a copy of `contents`; `path` names them in errors.
    package convenience init(contents: [UInt8], path: String) {
        self.init(byteCount: contents.count, path: path) { $0.copyBytes(from: contents) }
    }

    /// Holds bytes in memory that `initialize` must write all of; `path` names them in errors.
    package init(byteCount: Int, path: String, initialize: (UnsafeMutableRawBufferPointer) -> Void) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(byteCount, 1), alignment: 64)
        let contents = UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount])
        initialize(contents)
        self.path = path
        bytes = UnsafeRawBufferPointer(contents)
        descriptor = -1
        identity = []
    }

    deinit {
        if isMapped {
            munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
            close(descriptor)
        } else {
            bytes.deallocate()
        }
    }

    /// What the system should do with the pages of a range.
    package enum Advice: Sendable {
        /// Read them soon.
        case willNeed
        /// Let go of them; they are read again when touched.
        case dontNeed
    }

    /// Advises the system about `range`; whole pages inside it only. Has no effect on the contents.
    package func advise(_ advice: Advice, _ range: Range<Int>) {
        guard isMapped, let base = bytes.baseAddress else { return }
        let page = Int(getpagesize())
        let range = range.clamped(to: 0..<count)
        let start = (range.lowerBound + page - 1) / page * page
        let end = range.upperBound / page * page
        guard start < end else { return }
        let kind = advice == .willNeed ? MADV_WILLNEED : MADV_DONTNEED
        _ = madvise(UnsafeMutableRawPointer(mutating: base + start), end - start, kind)
    }
}

extension MappedFile {
    /// Copies `bytes`, a part of the file's, through the file, so that no page of the mapping becomes resident.
    ///
    /// - Returns: false if that is not possible, as for bytes in memory; they are then to be read where they are.
    package func copy(_ bytes: UnsafeRawBufferPointer, to destination: UnsafeMutableRawPointer) -> Bool {
        guard isMapped, let start = bytes.baseAddress, let base = self.bytes.baseAddress else { return false }
        return pread(descriptor, destination, bytes.count, off_t(start - base)) == bytes.count
    }

    /// Lets go of the whole pages in `bytes`, a part of the file's; they are read again when touched.
    package func release(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, let base = self.bytes.baseAddress else { return }
        advise(.dontNeed, start - base..<start - base + bytes.count)
    }

    /// The file's number, length and age, and where in it `bytes` are, which tells them from all others without reading them;
    /// nil for bytes in memory.
    package func identity(of bytes: UnsafeRawBufferPointer) -> [UInt64]? {
        guard isMapped, let start = bytes.baseAddress, let base = self.bytes.baseAddress else { return nil }
        return identity + [UInt64(start - base), UInt64(bytes.count)]
    }
}
