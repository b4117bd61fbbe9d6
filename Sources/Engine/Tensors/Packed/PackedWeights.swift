import Platform
import Synchronization

/// A model's packed weights, and the file in which they are kept so that the next start need not pack them.
///
/// A matrix is known by where its source lies, in which file and of which age, or else by the source's contents: what was
/// packed of other weights is never taken. A file that cannot be used, or not be written, is as good as none.
package final class PackedWeights {
    private let path: String
    private let announce: @Sendable (Int) -> Void
    private let report: @Sendable (PackedFileError) -> Void
    private let file: PackedFile?
    private var matrices: [(source: UInt64, matrix: PackedMatrix)] = []

    /// How many matrices had to be packed.
    private(set) var packedCount = 0

    /// Opens the file at `path` if it is there and can be used; otherwise all is packed anew.
    ///
    /// - Parameters:
    ///   - announce: is told, on some thread, how many bytes a new file takes, before they are written.
    ///   - report: is told, on some thread, why a new file could not be written.
    package init(
        path: String, announce: @escaping @Sendable (Int) -> Void = { _ in },
        report: @escaping @Sendable (PackedFileError) -> Void = { _ in }
    ) {
        self.path = path
        self.announce = announce
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

    private struct Unwritten: Sendable {
        let matrices: [(source: UInt64, matrix: PackedMatrix)]
        let path: String
        let announce: @Sendable (Int) -> Void
        let report: @Sendable (PackedFileError) -> Void

        /// Writes the file with what others leave of processors and disk; on Linux the latter follows from the former.
        func write() {
            NativeThread.yieldToOthers()
            do throws(PackedFileError) {
                try PackedFile.write(matrices, to: path, announce: announce)
            } catch {
                report(error)
            }
        }
    }

    private static let unwritten = Mutex<[Unwritten]>([])
    private static let unwrittenCount = Atomic<Int>(0)

    /// Puts a new file on the list of those to write if any matrix had to be packed.
    package func keep() {
        guard packedCount > 0 else { return }
        let file = Unwritten(matrices: matrices, path: path, announce: announce, report: report)
        Self.unwrittenCount.add(1, ordering: .relaxed)
        Self.unwritten.withLock { $0.append(file) }
    }

    /// Writes the files on the list and waits for them. Whoever answers a question does this afterwards, since writing a
    /// gigabyte takes longer than many an answer.
    package static func writeFiles() {
        guard unwrittenCount.load(ordering: .acquiring) > 0 else { return }
        let write: @Sendable () -> Void = {
            while let file = unwritten.withLock({ $0.popLast() }) {
                file.write()
                unwrittenCount.subtract(1, ordering: .releasing)
            }
        }
        if !NativeThread.start(write) { write() }
        while unwrittenCount.load(ordering: .acquiring) > 0 { NativeThread.sleep(milliseconds: 1) }
    }

    /// Takes the files from the list, to write them when the process has had little to do for some seconds, unless it ends before.
    package static func writeFilesWhenIdle(quietSeconds: Int = 5) {
        let files = unwritten.withLock { files in
            defer { files = [] }
            return files
        }
        guard !files.isEmpty else { return }
        unwrittenCount.subtract(files.count, ordering: .releasing)
        _ = NativeThread.start {
            var (quiet, before) = (0, clock())
            while quiet < quietSeconds {
                NativeThread.sleep(milliseconds: 1000)
                let now = clock()
                // A server that waits takes thousandths of a processor; one token of a small model takes more than this.
                quiet = now - before < CLOCKS_PER_SEC / 100 ? quiet + 1 : 0
                before = now
            }
            for file in files { file.write() }
        }
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
