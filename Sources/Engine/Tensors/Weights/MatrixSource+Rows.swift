extension MatrixSource {
    /// Makes a source that owns its bytes, which `initialize` must write all of; nil if the type holds no weights, the
    /// columns are not whole blocks of it, or the size overflows.
    package init?(
        dataType: DataType, rows: Int, columns: Int, initialize: (UnsafeMutableRawBufferPointer) throws -> Void
    ) rethrows {
        guard dataType.isWeightType, rows >= 0, let rowBytes = dataType.byteCount(elements: columns) else { return nil }
        let (byteCount, overflow) = rowBytes.multipliedReportingOverflow(by: rows)
        guard !overflow else { return nil }
        let memory = MatrixMemory(byteCount: byteCount)
        try initialize(memory.bytes)
        self.init(
            dataType: dataType, rows: rows, columns: columns, bytes: UnsafeRawBufferPointer(memory.bytes),
            owner: memory)
    }

    /// The rows of `ranges`, one range after another: one range shares the bytes, several copy them.
    ///
    /// The ranges must lie within `0..<rows`; check shapes that come from files before.
    package func rows(_ ranges: [Range<Int>]) -> MatrixSource {
        precondition(ranges.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= rows }, "the rows are out of range")
        let parts = ranges.reduce(into: [Range<Int>]()) { parts, range in
            if let last = parts.last, last.upperBound == range.lowerBound {
                parts[parts.count - 1] = last.lowerBound..<range.upperBound
            } else if !range.isEmpty {
                parts.append(range)
            }
        }
        if parts.count <= 1 {
            let part = parts.first ?? 0..<0
            return sharing(part.count, UnsafeRawBufferPointer(rebasing: bytes[byteRange(part)]))
        }
        let memory = MatrixMemory(byteCount: parts.reduce(0) { $0 + $1.count } * rowBytes)
        memory.fill(parts.map { UnsafeRawBufferPointer(rebasing: bytes[byteRange($0)]) })
        return sharing(
            parts.reduce(0) { $0 + $1.count }, UnsafeRawBufferPointer(memory.bytes), owner: memory)
    }

    /// The rows of all `sources`, one after another; nil if there are none or their types or columns differ.
    package static func concatenating(_ sources: [MatrixSource]) -> MatrixSource? {
        guard let first = sources.first else { return nil }
        if sources.count == 1 { return first }
        guard sources.allSatisfy({ $0.dataType == first.dataType && $0.columns == first.columns }) else { return nil }
        return MatrixSource(
            dataType: first.dataType, rows: sources.reduce(0) { $0 + $1.rows }, columns: first.columns
        ) { bytes in
            MatrixMemory.fill(bytes, sources.map(\.bytes))
        }
    }

    /// The matrix [columns, rows] with rows and columns exchanged, in memory of its own; nil for types with blocks.
    package func transposed() -> MatrixSource? {
        guard dataType.blockSize == 1 else { return nil }
        return MatrixSource(dataType: dataType, rows: columns, columns: rows) { target in
            switch dataType.blockByteCount {
            case 1: transpose(UInt8.self, into: target)
            case 2: transpose(UInt16.self, into: target)
            default: transpose(UInt32.self, into: target)
            }
        }
    }

    /// The same for every type: blocks are decoded to f32.
    package func transposedValues() -> MatrixSource? {
        if let plain = transposed() { return plain }
        let values = decoded()
        return MatrixSource(dataType: .f32, rows: columns, columns: rows) { bytes in
            for (index, value) in values.enumerated() {
                let offset = (index % columns * rows + index / columns) * 4
                bytes.storeBytes(of: value, toByteOffset: offset, as: Float.self)
            }
        }
    }

    private func byteRange(_ rows: Range<Int>) -> Range<Int> { rows.lowerBound * rowBytes..<rows.upperBound * rowBytes }

    /// Writes tiles that fit the cache, so that a page of the file is read once.
    private func transpose<T: BitwiseCopyable>(_ type: T.Type, into target: UnsafeMutableRawBufferPointer) {
        guard let source = bytes.baseAddress, let target = target.baseAddress else { return }
        let (tile, size) = (32, MemoryLayout<T>.size)
        for firstRow in stride(from: 0, to: rows, by: tile) {
            for firstColumn in stride(from: 0, to: columns, by: tile) {
                for row in firstRow..<min(firstRow + tile, rows) {
                    for column in firstColumn..<min(firstColumn + tile, columns) {
                        let value = source.loadUnaligned(fromByteOffset: (row * columns + column) * size, as: type)
                        target.storeBytes(of: value, toByteOffset: (column * rows + row) * size, as: type)
                    }
                }
            }
        }
    }
}

/// Bytes that a matrix owns.
///
/// `@unchecked Sendable` is safe because the bytes are written before the matrix that owns them exists, never after.
final class MatrixMemory: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer

    init(byteCount: Int) { bytes = .allocate(byteCount: byteCount, alignment: 64) }
    deinit { bytes.deallocate() }

    func fill(_ parts: [UnsafeRawBufferPointer]) { Self.fill(bytes, parts) }

    static func fill(_ target: UnsafeMutableRawBufferPointer, _ parts: [UnsafeRawBufferPointer]) {
        var offset = 0
        for part in parts {
            UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + part.count]).copyMemory(from: part)
            offset += part.count
        }
    }
}
