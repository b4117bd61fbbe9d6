import Platform

/// An open file that is written from front to back.
package final class OutputFile: Sendable {
    /// What becomes of a file that is there already.
    package enum Start: Sendable {
        /// It is an error.
        case new
        /// It is written anew.
        case empty
        /// It goes on at its end.
        case end
    }

    /// The path, for errors.
    package let path: String
    let descriptor: Int32
    private let faults = FaultPlan.current

    /// Opens a file, which is made if need be; errors tell of `shownPath` if there is one.
    package init(path: String, at start: Start, shownPath: String? = nil) throws(FileError) {
        self.path = shownPath ?? path
        let flags =
            switch start {
            case .new: O_EXCL
            case .empty: O_TRUNC
            case .end: O_APPEND
            }
        descriptor = FaultPlan.attempt(.create) { open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0o644) }
        guard descriptor >= 0 else { throw FileError("create", self.path) }
    }

    /// Takes over an open file.
    init(path: String, descriptor: Int32) { (self.path, self.descriptor) = (path, descriptor) }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Writes all bytes.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = FaultPlan.write(descriptor, rest, faults)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileError("write", path) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        }
    }

    /// Writes all bytes.
    package func write(_ bytes: [UInt8]) throws(FileError) {
        // A typed error cannot leave the closure of the standard library by itself.
        let result = bytes.withUnsafeBytes { bytes in Result { () throws(FileError) in try write(bytes) } }
        try result.get()
    }

    /// Waits until everything has reached the disk.
    package func synchronize() throws(FileError) {
        guard FaultPlan.attempt(.synchronize, by: faults, { fsync(descriptor) }) == 0 else {
            throw FileError("bring to the disk", path)
        }
    }
}
