import Tensors

// gpt-oss's own form of MXFP4: 16 bytes of codes for 32 columns, and their exponents in a tensor beside it.
extension QuantizedLayer {
    /// A weight whose tensors are `<name>_blocks` [..., columns / 32, 16] and `<name>_scales` [..., columns / 32]; nil if
    /// there are none. Each block becomes one of GGUF's, which has the first half of the columns in the low nibbles where
    /// this form has every second one.
    func microscaledMatrix() throws(CheckpointError) -> StoredMatrix? {
        guard let codes = checkpoint.tensors["\(layer)_blocks"], let scales = checkpoint.tensors["\(layer)_scales"]
        else {
            return nil
        }
        guard codes.dataType == .u8, scales.dataType == .u8, codes.shape.last == 16, codes.shape.count >= 3,
            Array(codes.shape.dropLast()) == scales.shape
        else { throw error(codes, "its shape \(codes.shape) does not fit that of its scales, \(scales.shape)") }
        let blocks = scales.shape.last ?? 0
        let rows = scales.shape.dropLast().reduce(1, *)
        let matrix = codes.withUnsafeBytes { codes in
            scales.withUnsafeBytes { Self.microscaled(rows: rows, blocks: blocks, codes, $0, pool) }
        }
        return try finish(matrix, of: [codes, scales])
    }

    private static func microscaled(
        rows: Int, blocks: Int, _ codes: UnsafeRawBufferPointer, _ scales: UnsafeRawBufferPointer, _ pool: ThreadPool?
    ) -> MatrixSource? {
        // The buffers outlive the call, which waits for all threads; they are only read.
        nonisolated(unsafe) let (codes, scales) = (codes, scales)
        return MatrixSource(dataType: .mxfp4, rows: rows, columns: 32 * blocks) { bytes in
            nonisolated(unsafe) let bytes = bytes
            MatrixSource.withTiles(of: rows, pool) { range in
                for block in range.lowerBound * blocks..<range.upperBound * blocks {
                    bytes[17 * block] = scales[block]
                    for pair in 0..<16 {
                        // Columns pair and pair + 16.
                        let low = codes[16 * block + pair / 2] >> (pair % 2 * 4) & 15
                        let high = codes[16 * block + 8 + pair / 2] >> (pair % 2 * 4) & 15
                        bytes[17 * block + 1 + pair] = low | high << 4
                    }
                }
                return 0
            }
        }
    }
}
