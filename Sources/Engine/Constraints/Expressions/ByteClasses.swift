/// Bytes that no expression tells apart share a class, so that tables need a column for each class only.
struct ByteClasses: Sendable {
    /// The class of each byte.
    private(set) var numbers = [UInt8](repeating: 0, count: 256)
    /// How many classes there are.
    private(set) var count = 1
    private var separated = ByteSet()

    /// Splits classes so that each is inside or outside of `set`.
    mutating func refine(by set: ByteSet) {
        guard count < 256 else { return }
        var inside = [Int](repeating: -1, count: count)
        var outside = [Bool](repeating: false, count: count)
        for byte in 0..<256 where !set.contains(UInt8(byte)) { outside[Int(numbers[byte])] = true }
        for byte in 0..<256 where set.contains(UInt8(byte)) {
            let number = Int(numbers[byte])
            guard outside[number] else { continue }
            if inside[number] < 0 {
                inside[number] = count
                count += 1
            }
            numbers[byte] = UInt8(truncatingIfNeeded: inside[number])
        }
    }

    /// Gives `byte` a class of its own.
    mutating func separate(_ byte: UInt8) {
        guard !separated.contains(byte) else { return }
        separated.insert(byte)
        refine(by: ByteSet(byte...byte))
    }

    /// One byte of each class.
    var representatives: [UInt8] {
        var found = [UInt8?](repeating: nil, count: count)
        for byte in 0..<256 where found[Int(numbers[byte])] == nil { found[Int(numbers[byte])] = UInt8(byte) }
        return found.compactMap { $0 }
    }

    /// The first byte of each class among all in this order, in the same order.
    func representatives(preferring order: [UInt8]) -> [UInt8] {
        var isKnown = [Bool](repeating: false, count: count)
        return order.filter { byte in
            defer { isKnown[Int(numbers[Int(byte)])] = true }
            return !isKnown[Int(numbers[Int(byte)])]
        }
    }
}
