import Platform

extension Double {
    /// The text that C's `printf` writes in a format for one number of this type, such as `%.2f`.
    package func formatted(_ format: String) -> String { formatted(format, capacity: 64) }

    private func formatted(_ format: String, capacity: Int) -> String {
        let (text, count) = withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
            let count = withVaList([self]) { Int(vsnprintf(buffer.baseAddress, capacity, format, $0)) }
            return (String(decoding: buffer.prefix(max(count, 0)).map(UInt8.init(bitPattern:)), as: UTF8.self), count)
        }
        return count < capacity ? text : formatted(format, capacity: count + 1)
    }
}
