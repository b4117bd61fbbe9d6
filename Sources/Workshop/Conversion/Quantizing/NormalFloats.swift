import Checkpoints
import JSONValues
import Platform
import Synchronization
import Tensors

/// A matrix as bitsandbytes stores NF4 with double quantization: blocks of 64 whose largest magnitudes are bytes, too.
struct NormalFloats: Sendable {
    private static let (blockSize, nestedSize) = (64, 256)

    private let rows: TensorRows
    private let pool: ThreadPool
    private let scales: ScaleCache

    init(_ rows: TensorRows, pool: ThreadPool) {
        (self.rows, self.pool) = (rows, pool)
        scales = ScaleCache(rows, pool: pool)
    }

    /// The levels, from -1 to 1.
    private static let levels: [Float] = [
        -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
        -0.09105003625154495, 0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
        0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
    ]

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

    /// Scales as they are stored.
    fileprivate struct Scales {
        var codes: [UInt8] = []
        var nested: [Float] = []
        var offset: Float = 0
    }

    var sources: [TensorSource] {
        let (name, count) = (rows.name, rows.rows * rows.columns)
        let blocks = (count - 1) / Self.blockSize + 1
        let scales = scales
        func made(
            _ suffix: String, _ type: DataType, _ shape: [Int], _ bytes: @escaping @Sendable (Scales) -> [UInt8]
        ) -> TensorSource {
            TensorSource(name: "\(name).\(suffix)", dataType: type, shape: shape) { (body) throws(CheckpointError) in
                try bytes(scales.made()).withUnsafeBytes(body)
            }
        }
        @Sendable func raw(_ floats: [Float]) -> [UInt8] { floats.withUnsafeBytes { Array($0) } }
        let (levels, scaleLevels) = (raw(Self.levels), raw(Self.scaleLevels))
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
        let (columns, middles) = (rows.columns, zip(Self.levels, Self.levels.dropFirst()).map { ($0 + $1) / 2 })
        return TensorSource(name: rows.name, dataType: .u8, shape: [rows.rows * columns / 2, 1]) {
            (body) throws(CheckpointError) in
            try rows.forEachRow(bytesPerRow: columns / 2, pool: pool) { values, output in
                for start in stride(from: 0, to: columns, by: Self.blockSize) {
                    let block = values[start..<start + Self.blockSize]
                    let largest = block.reduce(Float(0)) { max($0, abs($1)) }
                    let inverse = largest > 0 ? 1 / largest : 0
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

    /// JSON in bytes, whose length depends on the offset; so it is made at once.
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
            try text(Double(scales.made().offset)).withUnsafeBytes(body)
        }
    }
}

/// The scales of a matrix, found when the first of its tensors needs them and let go of after the last.
private final class ScaleCache: Sendable {
    private let rows: TensorRows
    private let pool: ThreadPool
    private let stored = Mutex<(scales: NormalFloats.Scales, uses: Int)?>(nil)

    init(_ rows: TensorRows, pool: ThreadPool) { (self.rows, self.pool) = (rows, pool) }

    func made() throws(CheckpointError) -> NormalFloats.Scales {
        if let found = stored.withLock({ $0 }) {
            stored.withLock { $0 = found.uses > 1 ? nil : (found.scales, found.uses + 1) }
            return found.scales
        }
        let scales = try find()
        stored.withLock { $0 = (scales, 1) }
        return scales
    }

    private func find() throws(CheckpointError) -> NormalFloats.Scales {
        let perRow = rows.columns / 64
        var largest: [Float] = []
        largest.reserveCapacity(rows.rows * perRow)
        try rows.forEachRow(bytesPerRow: 4 * perRow, pool: pool) { values, output in
            for block in 0..<perRow {
                let extreme = values[64 * block..<64 * (block + 1)].reduce(Float(0)) { max($0, abs($1)) }
                output.storeBytes(of: extreme, toByteOffset: 4 * block, as: Float.self)
            }
        } _: {
            largest += $0.bindMemory(to: Float.self)
        }
        var scales = NormalFloats.Scales()
        scales.offset = Float(largest.reduce(0.0) { $0 + Double($1) } / Double(max(1, largest.count)))
        let levels = NormalFloats.scaleLevels
        let middles = zip(levels, levels.dropFirst()).map { ($0 + $1) / 2 }
        for start in stride(from: 0, to: largest.count, by: 256) {
            let group = largest[start..<min(largest.count, start + 256)].map { $0 - scales.offset }
            let extreme = group.reduce(Float(0)) { max($0, abs($1)) }
            scales.nested.append(extreme)
            let inverse = extreme > 0 ? 1 / extreme : 0
            scales.codes += group.map { value in
                // The first middle that is not below; there are 255.
                var (low, high) = (0, middles.count)
                while low < high {
                    let middle = (low + high) / 2
                    if middles[middle] < value * inverse { low = middle + 1 } else { high = middle }
                }
                return UInt8(low)
            }
        }
        return scales
    }
}
