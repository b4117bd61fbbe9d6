import Files
import Testing

@testable import Tensors

/// What is kept beside the weights, on a disk that is full or broken at any step: the old file stays, and nothing beside it.
@Suite struct DiskFaultTests {
    private func inFolder(_ body: (_ folder: String, _ path: String) async throws -> Void) async throws {
        let folder = "/tmp/tensors-\(UInt64.random(in: 0...UInt64.max))"
        try FileSystem.createFolder(folder)
        defer { try? FileSystem.remove(folder) }
        try await body(folder, folder + "/file")
    }

    @Test func packedWeights() async throws {
        let pool = ThreadPool(threads: 1)
        let bytes = [UInt8](repeating: 3, count: 34 * 16 * 2)
        try await inFolder { folder, path in
            let packed = try bytes.withUnsafeBytes { buffer in
                PackedMatrix(
                    try #require(MatrixSource(dataType: .q8x0, rows: 16, columns: 64, bytes: buffer)), pool: pool)
            }
            try await FaultPlan.sweep(prepare: { try AtomicFile.write(Array("old".utf8), to: path) }) {
                try PackedFile.write([(1, packed), (2, packed)], to: path)
            } check: { fault, step, error in
                #expect((PackedFile(path: path) == nil) == (error != nil), "\(fault as Any) at \(step as Any)")
                let (contents, names) = (try FileSystem.contents(of: path), try FileSystem.names(in: folder))
                #expect((contents == Array("old".utf8)) == (error != nil))
                #expect(names == ["file"])
            }
        }
    }

    @Test func tuning() async throws {
        try await inFolder { folder, path in
            func old() throws {
                var tuning = KernelTuning(path: path, kernels: "k", threads: 1)
                tuning["layout"] = 20
            }
            try await FaultPlan.sweep(prepare: old) {
                var tuning = KernelTuning(path: path, kernels: "k", threads: 1)
                tuning["layout"] = 30
                // A file that cannot be written counts for nothing here.
                #expect(tuning["layout"] == 30)
            } check: { fault, step, _ in
                let kept = KernelTuning(path: path, kernels: "k", threads: 1)["layout"]
                switch fault {
                case nil, .shortWrite: #expect(kept == 30)
                case .failure: #expect(kept == 20, "at \(step as Any)")
                // Renaming needs no room.
                case .diskFull: #expect(kept == (step == .rename ? 30 : 20), "at \(step as Any)")
                }
                let names = try FileSystem.names(in: folder)
                #expect(names == ["file"])
            }
        }
    }
}
