import Checkpoints
import JSONValues
import Platform
import Tensors

/// A matrix as bitsandbytes stores NF4 with double quantization: blocks of 64 whose largest magnitudes are bytes, too.
struct NormalFloats: Sendable {
    static let (blockSize, nestedSize) = (64, 256)

    private let rows: TensorRows
    private let pool: ThreadPool
    private let scales: SharedResult<Scales>

    init(_ rows: TensorRows, pool: ThreadPool) {
        (self.rows, self.pool) = (rows, pool)
        scales = SharedResult(uses: 3) { () throws(CheckpointError) in try Scales(rows, pool: pool) }
    }

    /// The levels of scales: means of equal parts of 0.1 to 1, twice as many for each power of ten.
    static let scaleLevels: [Float] = {
        var levels: [Float] = [0, 1]
        for power in 0..<7 {
            let parts = 1 << power
            for part in 0..<parts {
                let level = (0.1 + 0.9 * (Double(part) + 0.5) / Double(parts)) * pow(10, Double(power - 6))
                levels += [Float(level), Float(-level)]
            }
        }
        return levels.sorted()
    }()

    var sources: [TensorSource] {
        let (name, count) = (rows.name, rows.rows * rows.columns)
        let blocks = (count - 1) / Self.blockSize + 1
        let scales = scales
        func made(
            _ suffix: String, _ type: DataType, _ shape: [Int], _ bytes: @escaping @Sendable (Scales) -> [UInt8]
        ) -> TensorSource {
            TensorSource(name: "\(name).\(suffix)", dataType: type, shape: shape) { (body) throws(CheckpointError) in
                try bytes(scales.value()).withUnsafeBytes(body)
            }
        }
        @Sendable func raw(_ floats: [Float]) -> [UInt8] { floats.withUnsafeBytes { Array($0) } }
        let (levels, scaleLevels) = (raw(FourBitLevels.normal), raw(Self.scaleLevels))
        return [
            codes, made("absmax", .u8, [blocks]) { $0.codes },
            TensorSource(name: "\(name).quant_map", dataType: .f32, shape: [16], bytes: levels),
            made("nested_absmax", .f32, [(blocks - 1) / Self.nestedSize + 1]) { raw($0.nested) },
            TensorSource(name: "\(name).nested_quant_map", dataType: .f32, shape: [256], bytes: scaleLevels), state,
        ]
    }

    /// Two codes to a byte, the first in the upper half.
    private var codes: TensorSource {
        let (rows, pool) = (rows, pool)
        let (columns, levels) = (rows.columns, FourBitLevels.normal)
        let middles = zip(levels, levels.dropFirst()).map { ($0 + $1) / 2 }
        return TensorSource(name: rows.name, dataType: .u8, shape: [rows.rows * columns / 2, 1]) {
            (body) throws(CheckpointError) in
            try rows.forEachRow(bytesPerRow: columns / 2, pool: pool) { _, values, output in
                for start in stride(from: 0, to: columns, by: Self.blockSize) {
                    let block = values[start..<start + Self.blockSize]
                    let largest = block.reduce(Float(0)) { max($0, abs($1)) }
                    // What is smaller has no inverse, and counts as zero.
                    let inverse = largest.isNormal ? 1 / largest : 0
                    func code(_ index: Int) -> UInt8 {
                        let value = values[index] * inverse
                        return middles.reduce(UInt8(0)) { $0 + (value > $1 ? 1 : 0) }
                    }
                    for index in stride(from: start, to: start + Self.blockSize, by: 2) {
                        output.storeBytes(
                            of: code(index) << 4 | code(index + 1), toByteOffset: index / 2, as: UInt8.self)
                    }
                }
            } _: {
                body($0)
            }
        }
    }

    /// JSON in bytes that says the shape and the offset of the scales.
    private var state: TensorSource {
        // The offset is written with a fixed number of digits, so that the length is known before the scales are.
        let (scales, shape) = (scales, [rows.rows, rows.columns])
        @Sendable func text(_ offset: Double) -> [UInt8] {
            let number = offset.formatted("%+.12e")
            return Array(
                """
                {"quant_type": "nf4", "blocksize": 64, "dtype": "float32", "shape": [\(shape[0]), \(shape[1])], \
                "nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": \(number.dropFirst())}
                """.utf8)
        }
        let name = "\(rows.name).quant_state.bitsandbytes__nf4"
        return TensorSource(name: name, dataType: .u8, shape: [text(1).count]) { (body) throws(CheckpointError) in
            try text(Double(scales.value().offset)).withUnsafeBytes(body)
        }
    }
}
