import JSONValues
import Tensors

// bitsandbytes' 4-bit weights (QLoRA, arXiv:2305.14314): NF4 and FP4, with and without double quantization.
extension QuantizedLayer {
    /// Bytes of two codes each, the first in the high nibble, in the order of the rows; `quant_state` is JSON that says
    /// the shape, `absmax` the largest magnitude of every block. Nil if the weight has no such state.
    func fourBitMatrix(_ weight: StoredTensor) throws(CheckpointError) -> StoredMatrix? {
        let states = ["nf4", "fp4"].compactMap { checkpoint.tensors["\(name).quant_state.bitsandbytes__\($0)"] }
        guard let stateTensor = states.first else { return nil }
        let state = try json(stateTensor)
        guard let shape = state["shape"]?.arrayValue?.compactMap(\.intValue), shape.count == 2,
            shape.allSatisfy({ $0 > 0 }), let count = StoredTensor.elementCount(shape),
            let blockSize = state["blocksize"]?.intValue, blockSize > 0
        else { throw error(stateTensor, "it says no shape of a matrix and no blocksize") }
        let (rows, columns) = (shape[0], shape[1])
        guard weight.byteCount == count / 2 + count % 2 else {
            throw error(weight, "its \(weight.byteCount) bytes do not hold \(shape), of two to a byte")
        }
        let blockCount = (count - 1) / blockSize + 1
        let magnitudes = try magnitudes(state, blockCount: blockCount)
        let map = try required("quant_map", [.f32], count: 16)
        let levels = try map.matrix().decoded()
        let type = FourBitLevels.all.first { _, known in zip(known, levels).allSatisfy { abs($0 - $1) < 1e-5 } }?.key
        let used = [weight, stateTensor, map] + magnitudes.tensors
        let base = try base(weight)
        func code(_ index: Int) -> Int {
            Int(base.load(fromByteOffset: index >> 1, as: UInt8.self) >> (index & 1 == 0 ? 4 : 0) & 15)
        }
        let source: MatrixSource? = withExtendedLifetime(weight.file) {
            if let type, columns % 32 == 0, blockSize % 32 == 0 {
                return fourBitBlocks(type, rows, columns, blockSize, magnitudes.values, base)
            }
            return MatrixSource.dense(rows: rows, columns: columns, pool: pool) { row, values in
                for column in 0..<columns {
                    let index = row * columns + column
                    values[column] = levels[code(index)] * magnitudes.values[index / blockSize]
                }
            }
        }
        return try finish(source, of: used)
    }

    /// Blocks of 32: a row's nibbles lie two neighbours to a byte in the file, 16 apart in a block.
    private func fourBitBlocks(
        _ type: DataType, _ rows: Int, _ columns: Int, _ blockSize: Int, _ magnitudes: [Float], _ base: UnsafeRawPointer
    ) -> MatrixSource? {
        MatrixSource(dataType: type, rows: rows, columns: columns) { bytes in
            guard let target = bytes.baseAddress else { return }
            MatrixSource.withTiles(of: rows, pool) { tile in
                for block in tile.lowerBound * columns / 32..<tile.upperBound * columns / 32 {
                    let (source, out) = (base + 16 * block, target + 20 * block)
                    out.storeBytes(of: magnitudes[32 * block / blockSize], as: Float.self)
                    for pair in 0..<8 {
                        let low = source.load(fromByteOffset: pair, as: UInt8.self)
                        let high = source.load(fromByteOffset: pair + 8, as: UInt8.self)
                        out.storeBytes(of: low >> 4 | high & 0xF0, toByteOffset: 4 + 2 * pair, as: UInt8.self)
                        out.storeBytes(of: low & 15 | high << 4, toByteOffset: 5 + 2 * pair, as: UInt8.self)
                    }
                }
                return 0
            }
        }
    }

    /// `absmax`: f32, or with double quantization codes of `nested_quant_map` times `nested_absmax` plus an offset.
    private func magnitudes(
        _ state: JSON, blockCount: Int
    ) throws(CheckpointError) -> (values: [Float], tensors: [StoredTensor]) {
        let stored = try required("absmax", [.f32, .f16, .u8], count: blockCount)
        guard stored.dataType == .u8 else { return (try stored.matrix().decoded(), [stored]) }
        guard let blockSize = state["nested_blocksize"]?.intValue, blockSize > 0,
            let offset = state["nested_offset"]?.doubleValue
        else { throw error(stored, "the state of the weight says no nested_blocksize and nested_offset") }
        let scales = try required("nested_absmax", [.f32], count: (blockCount - 1) / blockSize + 1)
        let map = try required("nested_quant_map", [.f32], count: 256)
        let (levels, factors) = (try map.matrix().decoded(), try scales.matrix().decoded())
        let values = stored.withUnsafeBytes { codes in
            codes.enumerated().map { levels[Int($1)] * factors[$0 / blockSize] + Float(offset) }
        }
        return (values, [stored, scales, map])
    }

    /// A tensor of the weight, not the layer, with so many elements.
    private func required(
        _ suffix: String, _ types: Set<DataType>, count: Int
    ) throws(CheckpointError) -> StoredTensor {
        guard let found = checkpoint.tensors["\(name).\(suffix)"] else {
            throw CheckpointError(
                path: checkpoint.path, location: "tensor \(name).\(suffix)",
                reason: "it is missing, but \(name) is quantized with it", remedy: "Download the weights again")
        }
        guard types.contains(found.dataType), found.elementCount == count else {
            throw error(found, "it is \(found.dataType.name) \(found.shape), expected \(count) elements")
        }
        return found
    }

    private func json(_ tensor: StoredTensor) throws(CheckpointError) -> JSON {
        let bytes = tensor.withUnsafeBytes { Array($0) }
        do {
            return try JSON(parsing: bytes, source: tensor.name, acceptsNonFinite: true)
        } catch {
            throw self.error(tensor, "it is no JSON: \(error.reason)")
        }
    }
}

/// The numbers that bitsandbytes' 4-bit codes stand for, before they are scaled.
package enum FourBitLevels {
    /// NF4's: quantiles of the normal distribution, from -1 to 1.
    package static let normal: [Float] = [
        -1, -0.6961928, -0.52507305, -0.3949175, -0.28444138, -0.18477343, -0.091050036, 0, 0.0795803, 0.1609302,
        0.2461123, 0.33791524, 0.44070983, 0.562617, 0.72295684, 1,
    ]

    /// Those that blocks exist for.
    static let all: [DataType: [Float]] = [
        .nf4: normal,
        .fp4: [
            0, 0.0052083333, 0.6666667, 1, 0.33333334, 0.5, 0.16666667, 0.25, 0, -0.0052083333, -0.6666667, -1,
            -0.33333334, -0.5, -0.16666667, -0.25,
        ],
    ]
}
