import Checkpoints
import JSONValues
import Synchronization
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
        let (columns, groups) = (rows.columns, rows.columns / groupSize)
        @Sendable func group(_ values: UnsafeBufferPointer<Float>, _ index: Int) -> UnsafeBufferPointer<Float> {
            UnsafeBufferPointer(rebasing: values[index * groupSize..<(index + 1) * groupSize])
        }
        return [
            source("weight_packed", .i32, [rows.rows, columns / 8], bytesPerRow: columns / 2) { values, output in
                for index in 0..<groups {
                    let own = group(values, index)
                    let scale = Self.fittedScale(own)
                    for pair in 0..<groupSize / 2 {
                        let codes = (Self.code(own[2 * pair], scale), Self.code(own[2 * pair + 1], scale))
                        output.storeBytes(
                            of: codes.0 | codes.1 << 4, toByteOffset: index * groupSize / 2 + pair, as: UInt8.self)
                    }
                }
            },
            source("weight_scale", .f32, [rows.rows, groups], bytesPerRow: 4 * groups) { values, output in
                for index in 0..<groups {
                    output.storeBytes(
                        of: Self.fittedScale(group(values, index)), toByteOffset: 4 * index, as: Float.self)
                }
            },
            shape,
        ]
    }

    private static func code(_ value: Float, _ scale: Float) -> UInt8 {
        UInt8(min(15, max(0, (value / scale).rounded() + 8)))
    }

    /// What brings the largest magnitude to `largest`; 1 for zeros.
    private static func scale(_ values: UnsafeBufferPointer<Float>, _ largest: Float) -> Float {
        let extreme = values.reduce(Float(0)) { max($0, abs($1)) }
        return extreme > 0 ? extreme / largest : 1
    }

    /// The scale with the least square error, of those that bring the largest magnitude to 6 up to 8.
    private static func fittedScale(_ values: UnsafeBufferPointer<Float>) -> Float {
        let extreme = values.reduce(Float(0)) { max($0, abs($1)) }
        guard extreme > 0 else { return 1 }
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
            try rows.forEachRow(bytesPerRow: bytesPerRow, pool: pool, make, body)
        }
    }
}

extension TensorRows {
    /// Makes the bytes of each row on all threads and hands them over some megabytes at a time.
    func forEachRow(
        bytesPerRow: Int, pool: ThreadPool,
        _ make: @Sendable (_ values: UnsafeBufferPointer<Float>, _ output: UnsafeMutableRawPointer) -> Void,
        _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(CheckpointError) {
        let slab = max(1, min(rows, (8 << 20) / max(4 * columns, bytesPerRow)))
        let output = UnsafeMutableRawBufferPointer.allocate(byteCount: slab * bytesPerRow, alignment: 64)
        defer { output.deallocate() }
        guard let base = output.baseAddress else { return }
        // Each item writes rows of its own.
        nonisolated(unsafe) let start = base
        let isFinite = Mutex(true)
        for first in stride(from: 0, to: rows, by: slab) {
            let count = min(slab, rows - first)
            pool.run(count) { row, _ in
                withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { values in
                    guard let base = values.baseAddress else { return }
                    decodeRows(first + row..<first + row + 1, into: base)
                    guard values.allSatisfy(\.isFinite) else { return isFinite.withLock { $0 = false } }
                    make(UnsafeBufferPointer(values), start + row * bytesPerRow)
                }
            }
            guard isFinite.withLock({ $0 }) else {
                throw CheckpointError(
                    path: origin, reason: "it holds infinite numbers, or what is none (NaN)",
                    remedy: "The model is damaged; get it again")
            }
            body(UnsafeRawBufferPointer(start: base, count: count * bytesPerRow))
        }
    }
}

/// Floats of 8 bits, 4 of them for the exponent (OCP E4M3).
enum EightBitFloat {
    /// The bits of the nearest number, of two the even one; beyond 448 the largest.
    static func bits(rounding value: Float) -> UInt8 {
        let sign: UInt8 = value.sign == .minus ? 0x80 : 0
        let magnitude = min(abs(value), 448)
        // Below 2^-6 the steps are all 2^-9.
        guard magnitude >= 0x1p-6 else { return sign | UInt8((magnitude * 512).rounded(.toNearestOrEven)) }
        let exponent = Int(magnitude.exponent)
        let step = Float(sign: .plus, exponent: exponent - 3, significand: 1)
        let steps = Int((magnitude / step).rounded(.toNearestOrEven))
        return sign | UInt8((exponent + 6) << 3 + steps)
    }
}
