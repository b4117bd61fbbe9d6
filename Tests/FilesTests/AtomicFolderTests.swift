import Platform
import Testing

@testable import Files

/// Folders appear complete or not at all, whatever fails on the way.
@Suite struct AtomicFolderTests {
    private let content = Array("content".utf8)

    private func write(_ path: String) throws(FileError) {
        let folder = try AtomicFolder(path: path)
        try AtomicFile.write(content, to: folder.temporaryPath + "/file")
        try folder.commit()
    }

    @Test func `every fault at every step leaves no folder or the whole one, and nothing beside it`() async throws {
        let parent = try TemporaryFolder()
        let path = parent.path + "/folder"
        try await FaultPlan.sweep(prepare: { try FileSystem.remove(path) }) {
            try write(path)
        } check: { fault, step, error in
            let names = try parent.names
            let files = try names.isEmpty ? [] : FileSystem.names(in: path)
            #expect(names == (error == nil ? ["folder"] : []), "\(fault as Any) at \(step as Any)")
            #expect(files == (error == nil ? ["file"] : []), "\(fault as Any) at \(step as Any)")
        }
    }

    @Test func `what a killed process left is taken over, an empty folder replaced, a full one refused`() throws {
        let parent = try TemporaryFolder()
        let path = parent.path + "/folder"
        try FileSystem.createFolder(path + ".partial")
        try AtomicFile.write(content, to: path + ".partial/old")
        try FileSystem.createFolder(path)
        try write(path + "/")
        #expect(try FileSystem.names(in: path) == ["file"])
        let error = #expect(throws: FileError.self) { try write(path) }
        #expect(error?.description.contains("with files in it") == true)
        #expect(try FileSystem.names(in: path) == ["file"])
        #expect(throws: FileError.self) { try write(path + "/file") }
    }

    @Test func `two processes do not write one folder`() throws {
        let parent = try TemporaryFolder()
        let first = try AtomicFolder(path: parent.path + "/folder")
        let error = #expect(throws: FileError.self) { _ = try AtomicFolder(path: parent.path + "/folder") }
        #expect(error?.description.contains("another process") == true)
        try first.commit()
        #expect(try parent.names == ["folder"])
    }
}
