import Quantization
import Synchronization
import Tensors

/// Writes the rows of a tensor in another type, on all threads, some megabytes at a time.
struct RowWriter: Sendable {
    let source: TensorRows
    let encoder: BlockEncoder
    /// One number for each column of each of the outer matrices, if that is known.
    let importance: [Float]?
    let pool: ThreadPool

    /// Elements that one thread turns over at a time.
    private static let tileElements = 1 << 16

    /// What became of the numbers.
    struct Errors {
        /// The sum of squared differences.
        var squares = 0.0
        /// The sum of squared numbers.
        var reference = 0.0
        /// Whether there was an infinite number or none at all.
        var isFinite = true
        /// Whether what was written can be read as numbers again: not where they are larger than the type goes.
        var isHeld = true

        /// The root mean square of the differences by that of the numbers.
        var relative: Double { reference > 0 ? (squares / reference).squareRoot() : squares.squareRoot() }

        static func += (sum: inout Errors, part: Errors) {
            sum.squares += part.squares
            sum.reference += part.reference
            sum.isFinite = sum.isFinite && part.isFinite
            sum.isHeld = sum.isHeld && part.isHeld
        }
    }

    /// The largest magnitude of a tensor; what is no number does not count.
    static func largest(_ source: TensorRows, pool: ThreadPool) -> Float {
        guard source.rows > 0, source.columns > 0 else { return 0 }
        let tileRows = max(1, min(source.rows, tileElements / source.columns))
        let result = Mutex<Float>(0)
        pool.run((source.rows + tileRows - 1) / tileRows) { tile, _ in
            let rows = tile * tileRows..<min(source.rows, (tile + 1) * tileRows)
            withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * source.columns) { values in
                guard let base = values.baseAddress else { return }
                source.decode(rows, base)
                let largest = values.reduce(Float(0)) { max($0, $1.isFinite ? $1.magnitude : 0) }
                result.withLock { $0 = max($0, largest) }
            }
        }
        return result.withLock { $0 }
    }

    /// Hands the new bytes to `body` piece after piece; returns how far they are off.
    ///
    /// - Throws: `CheckpointError` if the tensor holds numbers that the type cannot hold.
    func writeAll(_ body: (UnsafeRawBufferPointer) -> Void) throws(CheckpointError) -> Errors {
        let errors = try write(body)
        guard errors.isHeld else {
            throw CheckpointError(
                path: source.origin, reason: "it holds numbers that \(encoder.type.name) cannot hold",
                remedy: "Write the model as bf16 or f32 (swiftlet convert --dtype bf16)")
        }
        return errors
    }

    /// Hands the new bytes to `body` piece after piece; returns how far they are off, and whether the type holds them at all.
    func write(_ body: (UnsafeRawBufferPointer) -> Void) throws(CheckpointError) -> Errors {
        let (rows, columns) = (source.rows, source.columns)
        guard rows > 0, columns > 0, let rowBytes = encoder.type.byteCount(elements: columns) else { return Errors() }
        let tileRows = max(1, min(rows, Self.tileElements / columns))
        let slabRows = min(rows, tileRows * pool.threads * 4)
        let output = UnsafeMutableRawBufferPointer.allocate(byteCount: slabRows * rowBytes, alignment: 64)
        defer { output.deallocate() }
        guard let base = output.baseAddress else { return Errors() }
        // Each item writes rows of its own.
        nonisolated(unsafe) let start = base
        var total = Errors()
        for first in stride(from: 0, to: rows, by: slabRows) {
            let slab = first..<min(rows, first + slabRows)
            let sums = Mutex(Errors())
            pool.run((slab.count + tileRows - 1) / tileRows) { tile, _ in
                let begin = slab.lowerBound + tile * tileRows
                let range = begin..<min(slab.upperBound, begin + tileRows)
                let errors = write(range, to: start + (begin - slab.lowerBound) * rowBytes, rowBytes: rowBytes)
                sums.withLock { $0 += errors }
            }
            total += sums.withLock { $0 }
            guard total.isFinite else {
                throw CheckpointError(
                    path: source.origin, reason: "it holds infinite numbers, or what is none (NaN)",
                    remedy: "The model is damaged; get it again")
            }
            body(UnsafeRawBufferPointer(start: base, count: slab.count * rowBytes))
        }
        return total
    }

    /// Writes some rows and reads them back.
    private func write(_ rows: Range<Int>, to output: UnsafeMutableRawPointer, rowBytes: Int) -> Errors {
        let columns = source.columns
        // Rows of all the outer matrices have numbers of their own.
        let matrixRows = source.shape.count > 2 ? source.shape[source.shape.count - 2] : source.rows
        var errors = Errors()
        withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * columns + columns) { buffer in
            guard let values = buffer.baseAddress else { return }
            source.decode(rows, values)
            errors.isFinite = Self.isFinite(values, rows.count * columns)
            guard errors.isFinite else { return }
            let back = values + rows.count * columns
            for (index, row) in rows.enumerated() {
                let (values, bytes) = (values + index * columns, output + index * rowBytes)
                if let importance {
                    importance.withUnsafeBufferPointer { all in
                        guard let all = all.baseAddress else { return }
                        let own = all + (importance.count == columns ? 0 : row / matrixRows * columns)
                        encoder.encode(values, count: columns, importance: own, to: bytes)
                    }
                } else {
                    encoder.encode(values, count: columns, to: bytes)
                }
                let written = MatrixSource(
                    dataType: encoder.type, rows: 1, columns: columns,
                    bytes: UnsafeRawBufferPointer(start: bytes, count: rowBytes))
                written?.decodeRow(0, into: back)
                errors.isHeld = errors.isHeld && Self.isFinite(back, columns)
                Self.compare(values, back, columns, &errors)
            }
        }
        return errors
    }

    private static func isFinite(_ values: UnsafePointer<Float>, _ count: Int) -> Bool {
        var sum = SIMD8<Float>.zero
        var index = 0
        while index + 8 <= count {
            // Zero times anything finite is zero.
            sum += UnsafeRawPointer(values + index).loadUnaligned(as: SIMD8<Float>.self) * 0
            index += 8
        }
        while index < count {
            sum[0] += values[index] * 0
            index += 1
        }
        return sum == .zero
    }

    private static func compare(
        _ values: UnsafePointer<Float>, _ back: UnsafePointer<Float>, _ count: Int, _ errors: inout Errors
    ) {
        var (squares, reference) = (SIMD8<Float>.zero, SIMD8<Float>.zero)
        var index = 0
        while index + 8 <= count {
            let value = UnsafeRawPointer(values + index).loadUnaligned(as: SIMD8<Float>.self)
            let difference = UnsafeRawPointer(back + index).loadUnaligned(as: SIMD8<Float>.self) - value
            squares += difference * difference
            reference += value * value
            index += 8
        }
        while index < count {
            let difference = back[index] - values[index]
            squares[0] += difference * difference
            reference[0] += values[index] * values[index]
            index += 1
        }
        for lane in 0..<8 {
            errors.squares += Double(squares[lane])
            errors.reference += Double(reference[lane])
        }
    }
}
