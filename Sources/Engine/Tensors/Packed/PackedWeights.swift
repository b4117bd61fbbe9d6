import Synchronization

/// A model's packed weights, and the file in which they are kept so that the next start need not pack them.
///
/// A matrix is known by where its source lies, in which file and of which age, or else by the source's contents: what was
/// packed of other weights is never taken. A file that cannot be used, or not be written, is as good as none.
package final class PackedWeights {
    private let path: String
    private let report: @Sendable (PackedFileError) -> Void
    private let file: PackedFile?
    private var matrices: [(source: UInt64, matrix: PackedMatrix)] = []

    /// How many matrices had to be packed.
    private(set) var packedCount = 0

    /// Opens the file at `path` if it is there and can be used; otherwise all is packed anew. `report` is told, on some
    /// thread, why a new file could not be written.
    package init(path: String, report: @escaping @Sendable (PackedFileError) -> Void = { _ in }) {
        self.path = path
        self.report = report
        file = PackedFile(path: path)
    }

    /// The matrix of `source`: as the file holds it, or packed.
    func matrix(_ source: MatrixSource, bias: [Float]?, rounds: Bool = false, pool: ThreadPool) -> PackedMatrix {
        let key = source.fingerprint ^ (rounds ? 1 : 0)
        let matrix =
            kept(source, key, bias: bias, rounds: rounds, pool: pool)
            ?? PackedMatrix(source, bias: bias, rounds: rounds, pool: pool)
        if !matrix.isKept { packedCount += 1 }
        matrices.append((key, matrix))
        return matrix
    }

    private func kept(
        _ source: MatrixSource, _ key: UInt64, bias: [Float]?, rounds: Bool, pool: ThreadPool
    ) -> PackedMatrix? {
        guard let file, let entry = file.entries[key] else { return nil }
        let bytes = file.bytes(of: entry)
        guard Checksum.of(bytes, pool: pool) == entry.checksum else { return nil }
        return PackedMatrix(
            source, bias: bias, rounds: rounds, scale: entry.scale, bytes: bytes, owner: file)
    }

    private static let filesBeingWritten = Atomic<Int>(0)
    private static let isAwaited = Atomic<Bool>(false)

    /// Writes a new file if any matrix had to be packed: on a thread of its own, so that nobody waits for the disk, and only
    /// when a first answer has had its time or the process is about to end.
    package func keep() {
        guard packedCount > 0 else { return }
        let (path, report, matrices) = (path, report, matrices)
        Self.filesBeingWritten.add(1, ordering: .relaxed)
        let isStarted = NativeThread.start { @Sendable in
            NativeThread.yieldToOthers()
            for _ in 0..<400 where !Self.isAwaited.load(ordering: .relaxed) { NativeThread.sleep(milliseconds: 5) }
            do throws(PackedFileError) {
                try PackedFile.write(matrices, to: path)
            } catch {
                report(error)
            }
            Self.filesBeingWritten.subtract(1, ordering: .releasing)
        }
        if !isStarted { Self.filesBeingWritten.subtract(1, ordering: .relaxed) }
    }

    /// Waits until all files are written; a process that ends before has to begin anew the next time.
    package static func waitForFiles() {
        isAwaited.store(true, ordering: .relaxed)
        while filesBeingWritten.load(ordering: .acquiring) > 0 { NativeThread.sleep(milliseconds: 1) }
    }
}

extension MatrixSource {
    /// Tells this matrix from all others.
    var fingerprint: UInt64 {
        var sum = Checksum()
        for word in [dataType.name.utf8.reduce(0) { $0 << 8 | UInt64($1) }, UInt64(rows), UInt64(columns)] {
            sum.add(word)
        }
        if let identity = file?.identity(of: bytes) {
            for word in identity { sum.add(word) }
        } else {
            sum.add(bytes)
        }
        return sum.value
    }
}
