import Files

/// The rows of a matrix of word vectors, where the file has them.
enum VectorRows: Sendable {
    /// Numbers that were read from text, row after row.
    case values([Float], columns: Int)
    /// f32 values that follow each word and a space.
    case afterWords(MappedFile)
    /// f32 values, row after row, from an offset on.
    case mapped(MappedFile, offset: Int, columns: Int)
    /// Codes of a product quantizer.
    case quantized(QuantizedRows)

    /// Adds a row, times `scale`, to `sum`; `word` is where the row's word lies in the file.
    func add(_ index: Int, word: Range<Int>, to sum: UnsafeMutableBufferPointer<Float>, scale: Float) {
        switch self {
        case .values(let values, let columns):
            for position in 0..<columns { sum[position] += scale * values[index * columns + position] }
        case .afterWords(let file): add(file, word.upperBound + 1, to: sum, scale: scale)
        case .mapped(let file, let offset, let columns):
            add(file, offset + index * columns * 4, to: sum, scale: scale)
        case .quantized(let rows): rows.add(index, to: sum, scale: scale)
        }
    }

    private func add(_ file: MappedFile, _ offset: Int, to sum: UnsafeMutableBufferPointer<Float>, scale: Float) {
        withExtendedLifetime(file) {
            for position in sum.indices { sum[position] += scale * file.float(at: offset + position * 4) }
        }
    }
}

/// Rows as codes of a product quantizer (Jégou et al. 2011), with a code for each row's length where lengths are apart.
struct QuantizedRows: Sendable {
    /// The centroids of a quantizer: 256 for each part of a vector.
    struct Centroids: Sendable {
        let file: MappedFile
        /// Where the f32 values begin.
        let offset: Int
        let parts: Int
        let partSize: Int
        let lastPartSize: Int

        /// Where the values of a part's centroid begin, and how many there are.
        func place(part: Int, code: UInt8) -> (offset: Int, count: Int) {
            let isLast = part == parts - 1
            let before = part * 256 * partSize + Int(code) * (isLast ? lastPartSize : partSize)
            return (offset + before * 4, isLast ? lastPartSize : partSize)
        }
    }

    let file: MappedFile
    /// Where the codes begin, one for each part of each row.
    let codes: Int
    let centroids: Centroids
    /// Where the codes of the lengths begin, and what they stand for.
    let norms: (codes: Int, centroids: Centroids)?

    func add(_ index: Int, to sum: UnsafeMutableBufferPointer<Float>, scale: Float) {
        withExtendedLifetime(file) {
            var factor = scale
            if let norms {
                factor *= file.float(at: norms.centroids.place(part: 0, code: file.bytes[norms.codes + index]).offset)
            }
            for part in 0..<centroids.parts {
                let code = file.bytes[codes + index * centroids.parts + part]
                let (offset, count) = centroids.place(part: part, code: code)
                for position in 0..<count {
                    sum[part * centroids.partSize + position] += factor * file.float(at: offset + position * 4)
                }
            }
        }
    }
}

extension MappedFile {
    /// The little-endian f32 at an offset, aligned or not.
    func float(at offset: Int) -> Float {
        Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
}
