import Architectures
import Checkpoints
import Foundation
import Tensors
import Testing

/// The same tiny models as GGUF files, written by the `gguf` package as llama.cpp's converter does: the same numbers.
@Suite struct GGUFTests {
    static let cases = Fixtures.names(in: "gguf").filter { $0.hasSuffix(".gguf") }.map { String($0.dropLast(5)) }
    static let encoders = cases.filter { name in EncoderTests.cases.contains(name) }

    /// A file says what to expect itself where it says less than the folder; variants end in `-something`.
    private func expected(_ name: String) throws -> ExpectedText {
        if let own = try? Fixtures.json("gguf/\(name).json") { return try ExpectedText(own) }
        let folder = FamilyTests.cases.filter { name == $0 || name.hasPrefix($0 + "-") }.max { $0.count < $1.count }
        return try FamilyTests.expected(#require(folder))
    }

    @Test(arguments: cases.filter { !encoders.contains($0) }) func decoder(name: String) throws {
        let checkpoint = try Checkpoint.open(Fixtures.url("gguf/\(name).gguf").path)
        let network = try NetworkLoader(checkpoint).load(FastOperations(pool: ThreadPool(threads: 2)))
        FamilyTests.check(network, try expected(name)) { FamilyTests.makeCache(network) }
    }

    @Test(arguments: encoders) func encoder(name: String) throws {
        try EncoderTests.check(
            Fixtures.url("gguf/\(name).gguf").path, name, FastOperations(pool: ThreadPool(threads: 2))
        ) { FamilyTests.makeCache($0) }
    }

    /// A list by blocks that a file lacks is an error that names it.
    @Test(arguments: [
        ("gemma4", "gemma4.attention.head_count_kv"), ("gemma4", "gemma4.feed_forward_length"),
        ("gemma3n", "gemma3n.feed_forward_length"), ("granitemoehybrid", "granitehybrid.attention.head_count_kv"),
    ]) func listsThatAreMissing(name: String, key: String) throws {
        var data = try Data(contentsOf: Fixtures.url("gguf/\(name).gguf"))
        let place = try #require(data.firstRange(of: Data(key.utf8)))
        data[place.upperBound - 1] = UInt8(ascii: "_")
        let path = NSTemporaryDirectory() + "\(UUID().uuidString).gguf"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try data.write(to: URL(filePath: path))
        let error = #expect(throws: ArchitectureError.self) { try NetworkLoader(Checkpoint.open(path)) }
        #expect(error?.key?.hasSuffix(key) == true)
    }
}
