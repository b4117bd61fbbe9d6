import Files
import Platform

/// A folder that vanishes with its last reference.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        path = "\(base)/files-\(UInt64.random(in: 0...UInt64.max))"
        try FileSystem.createFolder(path)
    }

    deinit { try? FileSystem.remove(path) }

    var names: [String] { get throws { try FileSystem.names(in: path) } }
}
