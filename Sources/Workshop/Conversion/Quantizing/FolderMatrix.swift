import Checkpoints
import JSONValues
import Tensors

/// The tensors that stand for one matrix in a quantized folder.
struct FolderMatrix: Sendable {
    private let rows: TensorRows
    private let pool: ThreadPool
    /// The name without `.weight`.
    private let layer: String

    init(_ rows: TensorRows, pool: ThreadPool) {
        (self.rows, self.pool) = (rows, pool)
        layer = String(rows.name.dropLast(".weight".count))
    }

    func sources(_ kind: FolderQuantizer.Kind, groupSize: Int) -> [TensorSource] {
        switch kind {
        case .fp8: eightBitFloats
        case .int8: packedBytes
        case .int4: packed(groupSize)
        case .nf4: NormalFloats(rows, pool: pool).sources
        // These look at more than the matrix: CalibratedRounding makes them.
        case .gptq, .awq: []
        }
    }

    /// A float of 8 bits for each weight, with a scale for each row.
    private var eightBitFloats: [TensorSource] {
        byRow("weight", .f8e4m3, width: rows.columns, largest: 448) { EightBitFloat.bits(rounding: $0) }
    }

    /// Four integers to a word, each with 128 added, with a scale for each row.
    private var packedBytes: [TensorSource] {
        byRow("weight_packed", .i32, width: rows.columns / 4, largest: 127) {
            UInt8(min(255, max(0, $0.rounded() + 128)))
        }
            + [shape]
    }

    private func byRow(
        _ name: String, _ type: DataType, width: Int, largest: Float, _ code: @escaping @Sendable (Float) -> UInt8
    ) -> [TensorSource] {
        let columns = rows.columns
        return [
            source(name, type, [rows.rows, width], bytesPerRow: columns) { values, output in
                let scale = Self.scale(values, largest)
                for column in 0..<columns {
                    output.storeBytes(of: code(values[column] / scale), toByteOffset: column, as: UInt8.self)
                }
            },
            source("weight_scale", .f32, [rows.rows, 1], bytesPerRow: 4) { values, output in
                output.storeBytes(of: Self.scale(values, largest), as: Float.self)
            },
        ]
    }

    /// The shape of a matrix whose weights are packed.
    private var shape: TensorSource {
        let bytes = withUnsafeBytes(of: (Int64(rows.rows), Int64(rows.columns))) { Array($0) }
        return TensorSource(name: "\(layer).weight_shape", dataType: .i64, shape: [2], bytes: bytes)
    }

    /// Eight integers to a word, each with 8 added, the first in the lowest bits.
    private func packed(_ groupSize: Int) -> [TensorSource] {
        let (rows, pool) = (rows, pool)
        let (columns, groups) = (rows.columns, rows.columns / groupSize)
        let scales = SharedResult(uses: 2) { () throws(CheckpointError) in
            try rows.numbersOfRows(groups, pool: pool) { values, output in
                for index in 0..<groups {
                    output[index] = Self.fittedScale(
                        UnsafeBufferPointer(rebasing: values[index * groupSize..<(index + 1) * groupSize]))
                }
            }
        }
        let codes = TensorSource(
            name: "\(layer).weight_packed", dataType: .i32, shape: [rows.rows, columns / 8]
        ) { (body) throws(CheckpointError) in
            let scales = try scales.value()
            try rows.forEachRow(bytesPerRow: columns / 2, pool: pool) { row, values, output in
                for pair in 0..<columns / 2 {
                    let scale = scales[row * groups + 2 * pair / groupSize]
                    let codes = (Self.code(values[2 * pair], scale), Self.code(values[2 * pair + 1], scale))
                    output.storeBytes(of: codes.0 | codes.1 << 4, toByteOffset: pair, as: UInt8.self)
                }
            } _: {
                body($0)
            }
        }
        let stored = TensorSource(
            name: "\(layer).weight_scale", dataType: .f32, shape: [rows.rows, groups]
        ) { (body) throws(CheckpointError) in try scales.value().withUnsafeBytes(body) }
        return [codes, stored, shape]
    }

    private static func code(_ value: Float, _ scale: Float) -> UInt8 {
        UInt8(min(15, max(0, (value / scale).rounded() + 8)))
    }

    /// What brings the largest magnitude to `largest`; 1 for zeros, and for what is so small that a scale would be zero.
    private static func scale(_ values: UnsafeBufferPointer<Float>, _ largest: Float) -> Float {
        let extreme = values.reduce(Float(0)) { max($0, abs($1)) }
        let scale = extreme / largest
        return scale.isNormal ? scale : 1
    }

    /// The scale with the least square error, of those that bring the largest magnitude to 6 up to 8.
    private static func fittedScale(_ values: UnsafeBufferPointer<Float>) -> Float {
        let extreme = values.reduce(Float(0)) { max($0, abs($1)) }
        guard (extreme / 8).isNormal else { return 1 }
        var (best, least) = (extreme / 7, Float.infinity)
        for step in 0..<17 {
            let scale = extreme / (6 + Float(step) / 8)
            var error: Float = 0
            for value in values {
                let difference = value - scale * (Float(code(value, scale)) - 8)
                error += difference * difference
            }
            if error < least { (best, least) = (scale, error) }
        }
        return best
    }

    /// A tensor of as many rows as the matrix, made of its rows one by one.
    private func source(
        _ name: String, _ type: DataType, _ shape: [Int], bytesPerRow: Int,
        _ make: @escaping @Sendable (_ values: UnsafeBufferPointer<Float>, _ output: UnsafeMutableRawPointer) -> Void
    ) -> TensorSource {
        let (rows, pool) = (rows, pool)
        return TensorSource(name: "\(layer).\(name)", dataType: type, shape: shape) { (body) throws(CheckpointError) in
            try rows.forEachRow(bytesPerRow: bytesPerRow, pool: pool, { make($1, $2) }, body)
        }
    }
}
