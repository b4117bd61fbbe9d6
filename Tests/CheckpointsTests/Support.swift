import Foundation
import JSONValues
import Testing

@testable import Checkpoints

/// What `scripts/make_checkpoint_fixtures.py` made.
enum Fixtures {
    static let expected = Result { try json("expected.json") }

    static func path(_ name: String) -> String { Bundle.module.bundleURL.appending(path: "Fixtures/\(name)").path }

    static func bytes(_ name: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(filePath: path(name)))) }

    static func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

    static func json(_ name: String) throws -> JSON { try JSON(parsing: bytes(name), source: name) }
}

extension JSON {
    /// The bytes of a string of hexadecimal digits.
    func hexBytes() throws -> [UInt8] {
        let digits = try #require(stringValue).utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    func array() throws -> [JSON] { try #require(arrayValue) }
    func string() throws -> String { try #require(stringValue) }
    func int() throws -> Int { try #require(intValue) }
}

/// A folder that is gone when the test is over.
final class TemporaryFolder {
    let path = FileManager.default.temporaryDirectory.appending(path: "checkpoints-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(filePath: "\(path)/\(name)"))
    }

    func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

    func copy(fixture: String, as name: String? = nil) throws {
        try FileManager.default.copyItem(atPath: Fixtures.path(fixture), toPath: "\(path)/\(name ?? fixture)")
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }
}

/// A small seeded generator, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// The bytes with one to four of them changed.
    mutating func damage(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            bytes[Int.random(in: bytes.indices, using: &self)] = UInt8.random(in: 0...255, using: &self)
        }
        return bytes
    }
}
