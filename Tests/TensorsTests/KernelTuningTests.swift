import Foundation
import Testing

@testable import Tensors

@Suite struct KernelTuningTests {
    private let path = NSTemporaryDirectory() + "kernels-\(UUID().uuidString).tuning"

    private func project(_ operations: FastOperations, rows: Int = 1024, tokens: Int) throws -> [Float] {
        var random = RandomValues(seed: 6)
        let columns = 1024
        let bytes = (0..<rows * columns / 32).flatMap { _ in [UInt8](repeating: 0x11, count: 34) }
        return try bytes.withUnsafeBytes { buffer in
            let source = try #require(MatrixSource(dataType: .q8x0, rows: rows, columns: columns, bytes: buffer))
            let input = operations.make(tokens, columns)
            input.values.update(from: random.array(tokens * columns), count: tokens * columns)
            return operations.read(operations.project(input, operations.makeMatrix(source, bias: nil)))
        }
    }

    @Test func whatIsMeasuredIsKept() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let pool = ThreadPool(threads: 2)
        let operations = FastOperations(pool: pool, tuningFile: path)
        _ = try project(operations, tokens: 4)
        #expect(!FileManager.default.fileExists(atPath: path))
        let outputs = try project(operations, tokens: 40)
        // Kernels that never round have nothing to measure.
        guard operations.roundedTokens.codes < .max else { return }
        let layout = "8-bit codes, scales of 32"
        let measured = try #require(KernelTuning(path: path, kernels: Kernels.best.name, threads: 2)[layout])
        #expect(KernelTuning.tied.contains(measured) || measured == KernelTuning.tied.upperBound)
        #expect(try project(FastOperations(pool: pool, tuningFile: path), tokens: 40) == outputs)
        #expect(KernelTuning(path: path, kernels: "others", threads: 2)[layout] == nil)
        #expect(KernelTuning(path: path, kernels: Kernels.best.name, threads: 1)[layout] == nil)
        // What the file says decides, though only in its range.
        for (tokens, isRounded) in [(9, true), (127, false)] {
            var tuning = KernelTuning(path: path, kernels: Kernels.best.name, threads: 2)
            tuning[layout] = tokens
            let (chosen, exact) = (
                FastOperations(pool: pool, tuningFile: path), FastOperations(pool: pool, isDeterministic: true)
            )
            #expect(try (project(chosen, tokens: 40) != project(exact, tokens: 40)) == isRounded)
        }
    }

    /// The first run measures in its midst: what came before must not be computed otherwise by the next.
    @Test func smallMatricesDoNotGoByTheMeasurement() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let pool = ThreadPool(threads: 2)
        let usual = try project(FastOperations(pool: pool), rows: 64, tokens: 40)
        for tokens in [9, 127] {
            var tuning = KernelTuning(path: path, kernels: Kernels.best.name, threads: 2)
            tuning["8-bit codes, scales of 32"] = tokens
            #expect(try project(FastOperations(pool: pool, tuningFile: path), rows: 64, tokens: 40) == usual)
        }
    }

    @Test func deterministicOperationsNeitherMeasureNorAsk() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let pool = ThreadPool(threads: 2)
        let operations = FastOperations(pool: pool, isDeterministic: true, tuningFile: path)
        let outputs = try project(operations, tokens: 40)
        #expect(!FileManager.default.fileExists(atPath: path))
        var tuning = KernelTuning(path: path, kernels: Kernels.best.name, threads: 2)
        tuning["8-bit codes, scales of 32"] = 9
        let other = FastOperations(pool: pool, isDeterministic: true, tuningFile: path)
        #expect(try project(other, tokens: 40) == outputs)
    }

    @Test func damagedFilesCountForNothing() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(KernelTuning(path: path, kernels: "k", threads: 1)["layout"] == nil)
        var tuning = KernelTuning(path: path, kernels: "k", threads: 1)
        tuning["layout"] = 20
        #expect(KernelTuning(path: path, kernels: "k", threads: 1)["layout"] == 20)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        for damaged in [Data(), bytes.dropLast(9), Data([0xFF, 0xFE]) + bytes, Data("k, 1 threads\nx layout\n".utf8)] {
            try damaged.write(to: URL(fileURLWithPath: path))
            #expect(KernelTuning(path: path, kernels: "k", threads: 1)["layout"] == nil)
        }
        #expect(KernelTuning(path: "/nowhere/file", kernels: "k", threads: 1)["layout"] == nil)
    }

    @Test func linesCrossWhereTheyDo() {
        func crossing(_ exact: (Double, Double), _ rounded: (Double, Double)) -> Int {
            KernelTuning.crossing(of: [(16, exact.0), (96, exact.1)], [(16, rounded.0), (96, rounded.1)])
        }
        // 16 + t / 1 against 32 + t / 2: they meet at 32 tokens.
        #expect(crossing((32, 112), (40, 80)) == 32)
        #expect(crossing((32, 112), (20, 40)) == KernelTuning.tied.lowerBound)
        #expect(crossing((32, 112), (60, 140)) == KernelTuning.tied.upperBound)
        #expect(crossing((32, 112), (60, 139.9)) == KernelTuning.tied.upperBound)
    }
}
