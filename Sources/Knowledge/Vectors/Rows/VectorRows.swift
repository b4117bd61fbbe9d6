import CKernels

/// A table of vectors in one encoding; the row of a vector is its slot.
///
/// `@unchecked Sendable`: changes are made by one thread at a time while nobody reads; rows of different slots may be
/// written side by side once there is room for them.
package final class VectorRows: @unchecked Sendable {
    package let format: RowFormat
    /// Bytes from one row to the next.
    let stride: Int
    private(set) var region: Region
    /// One more than the last slot in use.
    package private(set) var count = 0

    package init(_ format: RowFormat, capacity: Int = 0) {
        self.format = format
        stride = Self.stride(of: format)
        region = Region(byteCount: stride * capacity)
    }

    /// Rows that are in memory or mapped already.
    init(_ format: RowFormat, region: Region, count: Int) {
        (self.format, self.region, self.count) = (format, region, count)
        stride = Self.stride(of: format)
    }

    static func stride(of format: RowFormat) -> Int { (format.byteCount + 7) / 8 * 8 }

    /// Makes room for slots below `count`.
    func reserve(_ count: Int) {
        region.grow(to: stride * count)
        self.count = max(self.count, count)
    }

    func row(_ slot: Int) -> UnsafeMutableRawPointer { region.base + stride * slot }

    /// Writes a vector, which must have `format.size` values, into a slot.
    func set(_ slot: Int, _ values: UnsafePointer<Float>) {
        reserve(slot + 1)
        format.encode(values, to: row(slot))
    }

    /// Adds vectors behind the last: [rows, size].
    package func append(_ values: UnsafeBufferPointer<Float>) {
        guard format.size > 0, let base = values.baseAddress else { return }
        let first = count
        reserve(first + values.count / format.size)
        for slot in first..<count { format.encode(base + (slot - first) * format.size, to: row(slot)) }
    }

    /// The distances of a query, in its format, to the rows of slots.
    func measure(
        _ query: UnsafeRawPointer, slots: UnsafePointer<UInt32>?, count: Int, from first: Int = 0,
        to distances: UnsafeMutablePointer<Float>
    ) {
        format.measure(query, region.base + stride * first, stride, slots, count, format.size, distances)
    }

    /// The bytes of all rows.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: region.base, count: stride * count) }
}
