/// A model's packed weights, and the file in which they are kept so that the next start need not pack them.
///
/// A matrix is known by where its source lies, in which file and of which age, or else by the source's contents: what was
/// packed of other weights is never taken.
public final class PackedWeights {
    private let path: String
    private let file: PackedFile?
    private var matrices: [(source: UInt64, matrix: PackedMatrix)] = []

    /// How many matrices had to be packed.
    public private(set) var packedCount = 0

    /// Opens the file at `path` if it is there and can be used; otherwise all is packed anew.
    public init(path: String) {
        self.path = path
        file = PackedFile(path: path)
    }

    /// The matrix of `source`: as the file holds it, or packed.
    func matrix(_ source: MatrixSource, bias: [Float]?, pool: ThreadPool) -> PackedMatrix {
        let key = source.fingerprint
        let matrix = kept(source, key, bias: bias, pool: pool) ?? PackedMatrix(source, bias: bias, pool: pool)
        if !matrix.isKept { packedCount += 1 }
        matrices.append((key, matrix))
        return matrix
    }

    private func kept(_ source: MatrixSource, _ key: UInt64, bias: [Float]?, pool: ThreadPool) -> PackedMatrix? {
        guard let file, let entry = file.entries[key] else { return nil }
        let bytes = file.bytes(of: entry)
        guard Checksum.of(bytes, pool: pool) == entry.checksum else { return nil }
        return PackedMatrix(source, bias: bias, scale: entry.scale, bytes: bytes, owner: file)
    }

    /// Keeps all matrices in the file, if any had to be packed; returns why that was not possible.
    public func keep(pool: ThreadPool) -> PackedFileError? {
        guard packedCount > 0 else { return nil }
        var known: Set<UInt64> = []
        let parts = matrices.filter { known.insert($0.source).inserted }.map { source, matrix in
            PackedFile.Part(source: source, scale: matrix.scale, bytes: matrix.bytes)
        }
        do throws(PackedFileError) {
            try PackedFile.write(parts, to: path, pool: pool)
            return nil
        } catch {
            return error
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
