import Tensors
import Testing

@testable import SwiftletCommand

/// What the commands that measure refuse, and that they come to an end.
@Suite struct BenchTests {
    @Test(arguments: [
        (["--texts", "a", "--explain"], "--texts and --explain exclude each other"),
        (["--texts", "a", "--tokenize", "b"], "--texts and --tokenize exclude each other"),
        (["--document-bytes", "5"], "--document-bytes wants --tokenize"),
        (["--texts", "a", "--deterministic"], "--texts measures encoders, for which --deterministic means nothing"),
        (["-p", "0", "-n", "0"], "-p 0 and -n 0 leave nothing to measure"),
        (["-n", "1"], "-n wants 0 or a number from 2, not 1"),
        (["--sequences", "8,0"], "--sequences wants numbers from 1 to 1024, not 0"),
    ])
    func refuses(options: [String], reason: String) {
        let error = #expect(throws: (any Error).self) { try BenchCommand.parse(["model"] + options) }
        #expect(error.map { BenchCommand.message(for: $0) } == reason)
    }

    @Test func testsInTheirOrder() throws {
        let command = try BenchCommand.parse(["model", "-p", "16,0", "-n", "4", "--depth", "7", "--sequences", "2"])
        #expect(
            command.tests == [
                .text(prompt: 16, generated: 4), .depth(7, generated: 4), .sequences(2, depth: 7, generated: 4),
            ])
        #expect(try BenchCommand.parse(["model", "-p", "0"]).tests == [.depth(1, generated: 64)])
    }

    /// A matrix of one value is not copied until caches are full.
    @Test func smallestKernels() {
        let bench = KernelBench(pool: ThreadPool(threads: 1))
        let results = bench.multiply(.f32, rows: 1, columns: 1, tokens: [1, 13])
        #expect(results.map(\.tokens) == [1, 13] && results.allSatisfy { $0.speed > 0 })
    }
}
