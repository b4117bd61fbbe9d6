import Files
import Platform

/// A folder that is removed with this value.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = "/tmp/swiftlet-vectors-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try FileSystem.createFolder(path)
    }

    deinit { try? FileSystem.remove(path) }

    /// A copy of a folder with nothing but files in it.
    static func copy(_ source: String, to target: String) throws {
        try FileSystem.remove(target)
        try FileSystem.createFolder(target)
        for name in try FileSystem.names(in: source) {
            let file = try OutputFile(path: target + "/" + name, at: .empty)
            try file.write(FileSystem.contents(of: source + "/" + name))
        }
    }
}
