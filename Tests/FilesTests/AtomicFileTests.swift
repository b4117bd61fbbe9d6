import Platform
import Testing

@testable import Files

/// Files appear complete or not at all, whatever fails on the way.
@Suite struct AtomicFileTests {
    private let old = Array("old".utf8)
    private let new = [UInt8](repeating: 7, count: 100_000)

    @Test(arguments: [true, false])
    func `every fault at every step leaves the old file or the new one, and nothing beside it`(
        isDurable: Bool
    ) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/file"
        try await FaultPlan.sweep(prepare: { try AtomicFile.write(old, to: path) }) {
            var file = try AtomicFile(path: path)
            try file.append(Array(new.prefix(10)))
            try file.pad(to: 64)
            try file.append(new)
            try file.commit(isDurable: isDurable)
        } check: { fault, step, error in
            let contents = try FileSystem.contents(of: path)
            if error == nil {
                // Compared apart, since what is told of a failure would be all of it.
                let isWhole = contents == new.prefix(10) + [UInt8](repeating: 0, count: 54) + new
                #expect(isWhole, "\(step as Any)")
            } else {
                let isOld = contents == old
                #expect(isOld, "\(fault as Any) at \(step as Any)")
                #expect(error as? FileError != nil)
            }
            // Only a write that takes a part is no failure, and the last step, which is for the folder.
            #expect((error == nil) == (fault == nil || fault == .shortWrite || contents != old))
            #expect(try folder.names == ["file"])
        }
    }

    @Test func `steps come in the order that survives a loss of power`() throws {
        let folder = try TemporaryFolder()
        let plan = FaultPlan()
        try FaultPlan.$current.withValue(plan) { try AtomicFile.write(new, to: folder.path + "/file") }
        #expect(plan.steps == [.create, .write, .synchronize, .rename, .synchronize])
    }

    @Test func `an interrupted write goes on`() throws {
        let folder = try TemporaryFolder()
        try FaultPlan.$current.withValue(FaultPlan(.failure(EINTR), atStep: 1)) {
            try AtomicFile.write(new, to: folder.path + "/file")
        }
        #expect(try FileSystem.contents(of: folder.path + "/file") == new)
    }

    @Test func `a full disk is said with path and remedy`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/file"
        let error = #expect(throws: FileError.self) {
            try FaultPlan.$current.withValue(FaultPlan(.diskFull, atStep: 1)) {
                try AtomicFile.write(new, to: path)
            }
        }
        #expect(error?.isDiskFull == true)
        #expect(
            error?.description
                == "cannot write \(path): No space left on device. Free some space on the disk.")
    }

    @Test func `only plain files are replaced`() throws {
        let folder = try TemporaryFolder()
        let pipe = folder.path + "/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        for path in [pipe, folder.path] {
            let error = #expect(throws: FileError.self) { try AtomicFile.write(new, to: path) }
            #expect(error?.reason == "it is not a plain file")
        }
        #expect(try folder.names == ["pipe"])
    }

    @Test func `what a killed process left is removed, what others have is not`() throws {
        let folder = try TemporaryFolder()
        // No system gives numbers of processes as large as this.
        let (dead, alive) = (Int32.max, getpid())
        let kept = ["a", "a.\(alive)-1.partial", "a.\(dead)-x.partial", "a.partial", "b.\(dead)-1.partial"].sorted()
        for name in kept + ["a.\(dead)-1.partial", "a.\(dead)-4294967295.partial"] {
            try AtomicFile.write(old, to: "\(folder.path)/\(name)")
        }
        AtomicFile.removeLeftovers(of: "\(folder.path)/a")
        #expect(try folder.names.sorted() == kept)
        // Somebody on another machine holds it.
        let held = "\(folder.path)/a.\(dead)-2.partial"
        try AtomicFile.write(old, to: held)
        let descriptor = open(held, O_RDONLY)
        defer { close(descriptor) }
        #expect(flock(descriptor, LOCK_EX) == 0)
        AtomicFile.removeLeftovers(of: "\(folder.path)/a")
        #expect(try folder.names.contains("a.\(dead)-2.partial"))
    }

    @Test func `what one process makes no other makes too`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/file"
        // A killed process has left this.
        try AtomicFile.write(old, to: path + ".partial")
        guard var first = try AtomicFile(claiming: path) else {
            Issue.record("nobody else is at it")
            return
        }
        #expect(try !claim(path))
        try first.append(new)
        try first.commit(isDurable: false)
        #expect(try FileSystem.contents(of: path) == new)
        #expect(try claim(path))
        #expect(try folder.names == ["file"])
    }

    private func claim(_ path: String) throws -> Bool {
        guard let file = try AtomicFile(claiming: path) else { return false }
        _ = consume file
        return true
    }

    @Test func `a claim that fails leaves nothing`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/file"
        try await FaultPlan.sweep(prepare: { try AtomicFile.write(old, to: path) }) {
            guard var file = try AtomicFile(claiming: path) else { return }
            try file.append(new)
            try file.commit(isDurable: false)
        } check: { fault, step, error in
            let (contents, names) = (try FileSystem.contents(of: path), try folder.names)
            let isRight = contents == (error == nil ? new : old)
            #expect(isRight, "\(fault as Any) \(step as Any)")
            #expect(names == ["file"])
        }
    }
}
