import JSONValues
import Tensors

// Integers with a scale for every row or group: bitsandbytes' int8, compressed-tensors' int8 and packed integers.
extension QuantizedLayer {
    /// A weight [rows, columns] of signed bytes, with `SCB` [rows] of LLM.int8() (arXiv:2208.07339; the largest magnitude
    /// of each row) or `weight_scale` of one value, [rows, 1] or [rows, groups]; nil if it has neither.
    func integerMatrix(_ weight: StoredTensor) throws(CheckpointError) -> StoredMatrix? {
        guard tensor("SCB") != nil || tensor("weight_scale") != nil else { return nil }
        try checkMatrix(weight, of: .i8)
        let (rows, columns) = (weight.shape[0], weight.shape[1])
        let scales: GroupScales
        var used = [weight]
        if tensor("SCB") != nil {
            let stored = try require("SCB", [.f32, .f16], [rows])
            scales = GroupScales(groupCount: 1, values: try stored.matrix().decoded().map { $0 / 127 })
            used.append(stored)
            if let format = tensor("weight_format") {
                // 0 is a row after another; others are for the tensor cores of some GPUs.
                guard format.dataType == .u8, format.withUnsafeBytes({ $0.elementsEqual([0]) }) else {
                    throw error(format, "only the weight format 0 (row) is read")
                }
                used.append(format)
            }
        } else {
            let stored = try scaleTensor(weight)
            scales = try GroupScales(stored, rows: rows)
            used.append(stored)
        }
        let source = try withExtendedLifetime(weight.file) { () throws(CheckpointError) in
            GroupedCodes(
                reader: SignedBytes(base: try base(weight), columns: columns), rows: rows, columns: columns, bits: 8,
                groups: try groups(scales.groupCount, columns: columns, of: weight), scales: scales.values,
                hasHalfScales: false, zeros: [Int32](repeating: 128, count: scales.values.count)
            ).matrix(pool: pool)
        }
        return try finish(source, of: used + unused)
    }

    /// `weight_packed` [rows, columns * bits / 32] of integers stored with half their range added, `weight_scale` and
    /// `weight_shape`, as compressed-tensors packs them.
    func packedIntegers(_ weights: StoredTensor) throws(CheckpointError) -> StoredMatrix {
        guard let stored = tensor("weight_shape"), stored.shape == [2], [.i64, .i32].contains(stored.dataType) else {
            throw error(weights, "weight_shape is missing beside it")
        }
        let shape = stored.withUnsafeBytes { bytes in
            (0..<2).map { index in
                stored.dataType == .i64
                    ? Int(bytes.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self))
                    : Int(bytes.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self))
            }
        }
        try checkMatrix(weights, of: .i32)
        guard shape[0] == weights.shape[0], shape[1] > 0,
            let bits = [4, 8].first(where: { weights.shape[1] == (shape[1] / (32 / $0)) && shape[1] % (32 / $0) == 0 })
        else {
            throw error(
                weights, "\(weights.dataType.name) \(weights.shape) does not pack \(shape) into 4 or 8 bits",
                remedy: Self.remedy)
        }
        for suffix in ["weight_zero_point", "weight_g_idx"] {
            if let other = tensor(suffix) { throw error(other, "\(suffix) is not read", remedy: Self.remedy) }
        }
        let scaleTensor = try scaleTensor(weights)
        let scales = try GroupScales(scaleTensor, rows: shape[0])
        let source = try withExtendedLifetime(weights.file) { () throws(CheckpointError) in
            GroupedCodes(
                reader: RowStreams(stream: try stream(weights, bits: bits), words: weights.shape[1]), rows: shape[0],
                columns: shape[1], bits: bits,
                groups: try groups(scales.groupCount, columns: shape[1], of: weights), scales: scales.values,
                hasHalfScales: scaleTensor.dataType == .f16,
                zeros: [Int32](repeating: 1 << Int32(bits - 1), count: scales.values.count)
            ).matrix(pool: pool)
        }
        return try finish(source, of: [weights, stored, scaleTensor] + unused)
    }

    private func scaleTensor(_ weight: StoredTensor) throws(CheckpointError) -> StoredTensor {
        guard let scale = tensor("weight_scale"), Self.floats.contains(scale.dataType) else {
            throw error(weight, "weight_scale is missing beside it, or holds no numbers")
        }
        if let zero = tensor("weight_zero_point"), zero.withUnsafeBytes({ $0.contains { $0 != 0 } }) {
            throw error(zero, "integers with a zero point are not read", remedy: Self.remedy)
        }
        return scale
    }

    /// What belongs to activations, which are rounded here in another way.
    var unused: [StoredTensor] {
        ["input_scale", "input_zero_point", "weight_zero_point", "input_global_scale"].compactMap { tensor($0) }
    }

    private func groups(_ count: Int, columns: Int, of weight: StoredTensor) throws(CheckpointError) -> [Int32] {
        guard columns % count == 0 else { throw error(weight, "its \(columns) columns are not \(count) equal groups") }
        return (0..<columns).map { Int32($0 / (columns / count)) }
    }
}
