import Tensors

/// Reads unsigned codes of a weight [rows, columns], wherever the format put them.
protocol CodeReader {
    /// Writes the codes of `count` columns of one row; the caller stays within the matrix.
    func read(row: Int, columns: Range<Int>, into codes: UnsafeMutablePointer<UInt8>)
}

/// A weight as codes with a scale and a zero for every row and group of columns: scale * (code - zero).
struct GroupedCodes<Reader: CodeReader> {
    let reader: Reader
    let rows: Int
    let columns: Int
    let bits: Int
    /// The group of each column.
    let groups: [Int32]
    /// [groups, rows].
    let scales: [Float]
    /// Whether every scale is an f16 number.
    let hasHalfScales: Bool
    /// [groups, rows].
    let zeros: [Int32]

    /// The weight in blocks of 32 codes, or dense if groups end within such a block.
    func matrix(pool: ThreadPool?) -> MatrixSource? {
        let hasBlocks =
            columns % 32 == 0
            && stride(from: 0, to: columns, by: 32).allSatisfy { start in
                groups[start..<start + 32].allSatisfy { $0 == groups[start] }
            }
        guard hasBlocks else { return denseMatrix(pool: pool) }
        let isSymmetric = zeros.allSatisfy { $0 == 1 << (bits - 1) }
        switch (bits, isSymmetric) {
        case (4, true) where hasHalfScales: return blocks(.q4x0, pool, write: BlockWriter.writeHalfScaled)
        case (8, true): return blocks(.integers8, pool, write: BlockWriter.writeIntegers)
        case (8, false): return blocks(.codes8, pool, write: BlockWriter.writeBytes)
        default: return blocks(.codes4, pool, write: BlockWriter.writeNibbles)
        }
    }

    private func blocks(
        _ type: DataType, _ pool: ThreadPool?,
        write: (UnsafeMutableRawPointer, UnsafePointer<UInt8>, Float, Int32) -> Void
    ) -> MatrixSource? {
        MatrixSource(dataType: type, rows: rows, columns: columns) { bytes in
            guard let base = bytes.baseAddress else { return }
            let size = type.blockByteCount
            let rowSize = columns / 32 * size
            // Rows are the inner loop: neighbours in the file for GPTQ and AWQ.
            MatrixSource.withTiles(of: rows, pool) { tile in
                withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { codes in
                    guard let codes = codes.baseAddress else { return 0 }
                    for block in 0..<columns / 32 {
                        let group = Int(groups[32 * block]) * rows
                        for row in tile {
                            reader.read(row: row, columns: 32 * block..<32 * block + 32, into: codes)
                            write(base + row * rowSize + block * size, codes, scales[group + row], zeros[group + row])
                        }
                    }
                    return 0
                }
            }
        }
    }

    private func denseMatrix(pool: ThreadPool?) -> MatrixSource? {
        MatrixSource.dense(rows: rows, columns: columns, pool: pool) { row, values in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: columns) { codes in
                guard let codes = codes.baseAddress else { return }
                reader.read(row: row, columns: 0..<columns, into: codes)
                for column in 0..<columns {
                    let index = Int(groups[column]) * rows + row
                    values[column] = scales[index] * Float(Int32(codes[column]) - zeros[index])
                }
            }
        }
    }
}
