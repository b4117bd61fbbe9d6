import Platform
import Testing

@testable import Files

@Suite struct FileSystemTests {
    @Test func `kinds are told through links`() throws {
        let folder = try TemporaryFolder()
        try AtomicFile.write([1], to: folder.path + "/file")
        #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
        for (name, target) in [("a", "file"), ("b", folder.path), ("c", "nowhere")] {
            #expect(symlink(target, "\(folder.path)/\(name)") == 0)
        }
        let kinds = ["file", "pipe", "a", "b", "c", "."].map { FileKind(path: "\(folder.path)/\($0)") }
        #expect(kinds == [.file, .other, .file, .folder, .nothing, .folder])
    }

    @Test func `folders are made, listed and removed whole`() throws {
        let folder = try TemporaryFolder()
        try FileSystem.createFolder(folder.path + "/a/b/c")
        try FileSystem.createFolder(folder.path + "/a/b/c")
        for name in ["a/one", "a/b/two", "a/b/.hidden"] { try AtomicFile.write([], to: "\(folder.path)/\(name)") }
        #expect(symlink("..", folder.path + "/a/loop") == 0)
        #expect(try FileSystem.files(below: folder.path) == ["a/b/two", "a/one"])
        try FileSystem.remove(folder.path + "/a")
        #expect(try folder.names == [])
        #expect(throws: FileError.self) { try FileSystem.createFolder("/dev/null/folder") }
    }

    @Test func `a second name or a copy, and a copy that fails is no file`() async throws {
        let folder = try TemporaryFolder()
        let bytes = (0..<100).map { UInt8($0) }
        try AtomicFile.write(bytes, to: folder.path + "/file")
        #expect(symlink("file", folder.path + "/link") == 0)
        for plan in [nil, FaultPlan(.failure(EXDEV), atStep: 0)] {
            try FileSystem.remove(folder.path + "/copy")
            try FaultPlan.$current.withValue(plan) {
                try FileSystem.linkOrCopy(folder.path + "/link", to: folder.path + "/copy")
            }
            #expect(try FileSystem.contents(of: folder.path + "/copy") == bytes)
            var status = stat()
            #expect(lstat(folder.path + "/copy", &status) == 0 && status.st_mode & S_IFMT == S_IFREG)
        }
    }

    @Test func `reading has a limit, and what is missing is said`() throws {
        let folder = try TemporaryFolder()
        try AtomicFile.write([1, 2, 3], to: folder.path + "/file")
        #expect(try FileSystem.contents(of: folder.path + "/file", limit: 3) == [1, 2, 3])
        #expect(try FileSystem.prefix(of: folder.path + "/file", count: 2) == [1, 2])
        #expect(try FileSystem.prefix(of: folder.path + "/file", count: 9) == [1, 2, 3])
        let long = #expect(throws: FileError.self) { try FileSystem.contents(of: folder.path + "/file", limit: 2) }
        #expect(long?.reason == "it has more than 2 bytes")
        let missing = #expect(throws: FileError.self) { try FileSystem.contents(of: folder.path + "/none") }
        #expect(
            missing?.description == "cannot open \(folder.path)/none: No such file or directory. Check the path.")
        #expect(throws: FileError.self) { try FileSystem.contents(of: folder.path) }
    }

    @Test func `a lock is one's own until it is let go`() throws {
        let folder = try TemporaryFolder()
        var lock = try FileLock(path: folder.path + "/lock")
        #expect(lock != nil)
        #expect(try FileLock(path: folder.path + "/lock") == nil)
        lock = nil
        #expect(try FileLock(path: folder.path + "/lock") != nil)
    }

    @Test func `what cannot be mapped is said`() throws {
        let folder = try TemporaryFolder()
        try AtomicFile.write([], to: folder.path + "/empty")
        #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
        for (name, reason) in [
            ("empty", "the file is empty"), ("none", "no such file"), ("pipe", "is not a regular file"),
            (".", "is a folder, not a file"),
        ] {
            let error = #expect(throws: FileError.self) { try MappedFile(path: "\(folder.path)/\(name)") }
            #expect(error?.reason == reason)
        }
    }
}
