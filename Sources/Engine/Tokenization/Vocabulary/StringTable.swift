/// Many byte strings in one allocation, by index.
///
/// Vocabularies have a hundred thousand short strings or more; one array for all of them loads in milliseconds.
package struct StringTable: Sendable, Hashable {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    package init() {}

    /// Makes a table of `strings`.
    package init(_ strings: some Sequence<String>) {
        for string in strings { append(string) }
    }

    /// How many strings there are.
    package var count: Int { ends.count }

    /// Makes room for `count` strings of `byteCount` bytes in all.
    package mutating func reserveCapacity(_ count: Int, byteCount: Int) {
        ends.reserveCapacity(count)
        bytes.reserveCapacity(byteCount)
    }

    /// Adds a string of any bytes.
    package mutating func append(_ string: UnsafeBufferPointer<UInt8>) {
        bytes.append(contentsOf: string)
        ends.append(bytes.count)
    }

    /// Adds a string of any bytes.
    package mutating func append(_ string: some Sequence<UInt8>) {
        bytes.append(contentsOf: string)
        ends.append(bytes.count)
    }

    /// Adds a string.
    package mutating func append(_ string: String) { append(string.utf8) }

    /// The bytes of the string at `index`; none if there is no such string.
    package subscript(index: Int) -> ArraySlice<UInt8> {
        guard ends.indices.contains(index) else { return [] }
        return bytes[range(of: index)]
    }

    /// Calls `body` with the bytes of the string at `index`, which must exist.
    @inline(__always)
    func withBytes<Result>(of index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        bytes.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[range(of: index)])) }
    }

    @inline(__always)
    private func range(of index: Int) -> Range<Int> {
        (index == 0 ? 0 : ends[index - 1])..<ends[index]
    }
}

extension String {
    /// The text of `bytes`, with U+FFFD for what is not UTF-8.
    init(lossy bytes: some Collection<UInt8>) { self.init(decoding: bytes, as: UTF8.self) }
}
