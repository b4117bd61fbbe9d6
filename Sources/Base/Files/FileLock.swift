import Platform

/// An exclusive lock among processes, held as long as the value lives; a killed process releases it.
package final class FileLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock if nobody holds it; nil if somebody does. The file is made if need be, and stays.
    package init?(path: String) throws(FileError) {
        descriptor = FaultPlan.attempt(.create) { open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644) }
        guard descriptor >= 0 else { throw FileError("create", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if errno == EWOULDBLOCK { return nil }
            throw FileError("lock", path)
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}
