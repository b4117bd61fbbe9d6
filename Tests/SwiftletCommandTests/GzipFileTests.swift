import Foundation
import Testing

@testable import SwiftletCommand

@Suite struct GzipFileTests {
    /// What `gzip` makes of "grammar\n" twenty times.
    private static let packed = Data(
        base64Encoded: "H4sIAAAAAAACA0svSszNTSziSh+kNADuv+a5oAAAAA==")

    @Test func packedFilesAreUnpackedAndDamagedOnesRefused() throws {
        let packed = try #require(Self.packed)
        let path = FileManager.default.temporaryDirectory.appending(path: "swiftlet-\(UUID()).gz").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try packed.write(to: URL(filePath: path))
        #expect(try GzipFile.read(path) == Array(String(repeating: "grammar\n", count: 20).utf8))
        for count in 2..<packed.count {
            try packed.prefix(count).write(to: URL(filePath: path))
            #expect(throws: CommandError.self) { try GzipFile.read(path) }
        }
        try Data("plain".utf8).write(to: URL(filePath: path))
        #expect(try GzipFile.read(path) == Array("plain".utf8))
    }
}
