import CKernels
import Foundation
import Synchronization
import Testing

@testable import Tensors

/// Packed weights in a file: taken as they are, and never when they are damaged or of something else.
@Suite struct PackedWeightsTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "packed-\(UUID().uuidString)")
    private var path: String { folder.appending(path: "weights.packed").path }
    private let pool = ThreadPool(threads: 2)

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    private func remove() { try? FileManager.default.removeItem(at: folder) }

    private func source(_ type: DataType, rows: Int, seed: UInt64 = 1) throws -> MatrixSource {
        let fixture = try QuantizedFixture(type)
        return try #require(
            MatrixSource(dataType: type, rows: rows, columns: 512) { bytes in
                for row in 0..<rows {
                    let stored = fixture.bytes.prefix(bytes.count / rows)
                    UnsafeMutableRawBufferPointer(rebasing: bytes[row * stored.count..<(row + 1) * stored.count])
                        .copyBytes(from: stored)
                }
                bytes[0] = UInt8(seed)
            })
    }

    /// Packs with the file, keeps what was packed, and returns the bytes and how many matrices were packed.
    private func load(_ sources: [MatrixSource], path: String? = nil) -> (
        bytes: [[UInt8]], packed: Int, problem: PackedFileError?
    ) {
        let problem = Mutex<PackedFileError?>(nil)
        let weights = PackedWeights(path: path ?? self.path, report: { error in problem.withLock { $0 = error } })
        let matrices = sources.map { weights.matrix($0, bias: [Float](repeating: 1, count: $0.rows), pool: pool) }
        #expect(matrices.allSatisfy { $0.layout.pointee.bias?[0] == 1 })
        weights.keep()
        PackedWeights.writeFiles()
        return (matrices.map { Array($0.bytes) }, weights.packedCount, problem.withLock(\.self))
    }

    @Test("What was kept is taken, and the products are the same")
    func keeps() throws {
        defer { remove() }
        let sources = try quantizedTypes.map { try source($0, rows: 17) }
        let first = load(sources)
        #expect(first.packed == sources.count && first.problem == nil)
        let second = load(sources.reversed())
        #expect(second.packed == 0 && second.bytes == first.bytes.reversed())
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["weights.packed"])
        // Through the operations, scales and all.
        var random = RandomValues(seed: 3)
        let input = random.array(3 * 512)
        for source in sources {
            let products = [nil, PackedWeights(path: path)].map { weights in
                let operations = FastOperations(pool: pool, weights: weights)
                let row = operations.constant(input, width: 512)
                return operations.read(operations.project(row, operations.makeMatrix(source, bias: nil)))
            }
            #expect(products[0] == products[1])
        }
    }

    @Test("Other weights are packed, and added to the file")
    func tellsSourcesApart() throws {
        defer { remove() }
        let (old, new) = (try source(.q4x1, rows: 20), try source(.q4x1, rows: 20, seed: 2))
        #expect(load([old]).packed == 1)
        let mixed = load([old, new])
        #expect(mixed.packed == 1 && mixed.bytes[0] != mixed.bytes[1])
        #expect(load([new, old]).packed == 0)
        #expect(load([try source(.q4x1, rows: 19)]).packed == 1)
    }

    @Test("Damage anywhere is seen, and what is damaged is packed again")
    func seesDamage() throws {
        defer { remove() }
        let sources = [try source(.q4x1, rows: 20), try source(.q8x0, rows: 3)]
        let good = load(sources).bytes
        let file = try Data(contentsOf: URL(fileURLWithPath: path))
        var damaged: [Data] = [0, 1, 8, 39, 40, 4095, 4096, file.count - 4096, file.count - 1].map { file.prefix($0) }
        damaged.append(file + [0])
        damaged += [0, 9, 17, 25, 33, 41, 57, 73, 80, 110].map { position in
            var copy = file
            copy[position] ^= 1
            return copy
        }
        for (index, contents) in damaged.enumerated() {
            try contents.write(to: URL(fileURLWithPath: path))
            let result = load(sources)
            #expect(result.packed == 2 && result.bytes == good, "\(index)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == file)
        }
        // In the bytes of one matrix: the other is taken.
        for position in stride(from: 4096, to: 4096 + good[0].count, by: 1111) {
            var copy = file
            copy[position] ^= 0x80
            try copy.write(to: URL(fileURLWithPath: path))
            let result = load(sources)
            #expect(result.packed == 1 && result.bytes == good, "\(position)")
        }
    }

    @Test("A file that cannot be written is a problem that is told")
    func tellsProblems() throws {
        defer { remove() }
        let sources = [try source(.q4x0, rows: 3)]
        let problem = load(sources, path: folder.path + "/missing/weights.packed").problem
        #expect(problem?.description.contains("cannot create it") == true)
        // What another attempt has left is taken over.
        try Data("rubbish".utf8).write(to: URL(fileURLWithPath: path + ".partial"))
        #expect(load(sources).problem == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["weights.packed"])
    }

    @Test("Nothing is written before it is asked for, and its size is told first")
    func waits() throws {
        defer { remove() }
        let announced = Mutex<[Int]>([])
        let weights = PackedWeights(path: path) { bytes in announced.withLock { $0.append(bytes) } }
        _ = weights.matrix(try source(.q4x1, rows: 20), bias: nil, pool: pool)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
        weights.keep()
        PackedWeights.writeFiles()
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        #expect(announced.withLock(\.self).map(Optional.some) == [size])
        // What is kept already is not written again.
        let again = PackedWeights(path: path) { bytes in announced.withLock { $0.append(bytes) } }
        _ = again.matrix(try source(.q4x1, rows: 20), bias: nil, pool: pool)
        again.keep()
        PackedWeights.writeFiles()
        #expect(announced.withLock(\.count) == 1)
    }

    @Test("A process with nothing to do writes what was kept", .timeLimit(.minutes(1)))
    func writesWhenIdle() async throws {
        defer { remove() }
        let weights = PackedWeights(path: path)
        _ = weights.matrix(try source(.q4x1, rows: 20), bias: nil, pool: pool)
        weights.keep()
        PackedWeights.writeFilesWhenIdle(quietSeconds: 0)
        while !FileManager.default.fileExists(atPath: path) { try await Task.sleep(for: .milliseconds(5)) }
    }

    @Test("Kernels stay within the packed rows", arguments: Kernels.available, quantizedTypes)
    func staysWithinPackedRows(kernels: String, type: DataType) throws {
        defer { remove() }
        let source = try source(type, rows: 17)
        let packed = PackedMatrix(source, pool: pool)
        let operations = FastOperations(pool: pool, kernels: try #require(Kernels(named: kernels)))
        var random = RandomValues(seed: 4)
        for tokens in [1, 3, 13] {
            let input = operations.constant(random.array(tokens * 512), width: 512)
            let expected = operations.read(operations.project(input, .init(packed: packed)))
            for side in GuardedMemory.Side.allCases {
                let memory = GuardedMemory(packed.bytes, side)
                let guarded = try #require(
                    PackedMatrix(
                        source, bias: nil, rounds: false, scale: packed.scale,
                        bytes: UnsafeRawBufferPointer(memory.bytes),
                        owner: memory))
                #expect(operations.read(operations.project(input, .init(packed: guarded))) == expected)
            }
        }
    }
}
