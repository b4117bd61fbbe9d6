/// A set of Unicode scalars as ranges in ascending order that do not touch.
struct ScalarRanges: Hashable, Sendable {
    private(set) var ranges: [ClosedRange<UInt32>]

    /// All scalars: everything but surrogates.
    static let all = ScalarRanges([0...0xD7FF, 0xE000...0x10FFFF])

    init(_ ranges: [ClosedRange<UInt32>]) {
        var joined: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, range.lowerBound <= last.upperBound || range.lowerBound == last.upperBound + 1 {
                joined[joined.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        self.ranges = joined
    }

    init(_ scalars: String) { self.init(scalars.unicodeScalars.map { $0.value...$0.value }) }

    init(_ scalar: UInt32) { self.init([scalar...scalar]) }

    var isEmpty: Bool { ranges.isEmpty }

    func union(_ other: ScalarRanges) -> ScalarRanges { ScalarRanges(ranges + other.ranges) }

    /// All scalars but these.
    var inverted: ScalarRanges {
        var result: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if next < range.lowerBound { result.append(next...(range.lowerBound - 1)) }
            next = range.upperBound + 1
        }
        if next <= 0x10FFFF { result.append(next...0x10FFFF) }
        return ScalarRanges(result).intersection(.all)
    }

    func intersection(_ other: ScalarRanges) -> ScalarRanges {
        var result: [ClosedRange<UInt32>] = []
        var left = ranges[...]
        var right = other.ranges[...]
        while let first = left.first, let second = right.first {
            let low = max(first.lowerBound, second.lowerBound)
            let high = min(first.upperBound, second.upperBound)
            if low <= high { result.append(low...high) }
            if first.upperBound < second.upperBound { left.removeFirst() } else { right.removeFirst() }
        }
        return ScalarRanges(result)
    }

    func subtracting(_ other: ScalarRanges) -> ScalarRanges { intersection(other.inverted) }

    func contains(_ scalar: UInt32) -> Bool { ranges.contains { $0.contains(scalar) } }

    // Classes of regular expressions, as ECMA-262 defines them.
    static let digits = ScalarRanges([0x30...0x39])
    static let word = ScalarRanges([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let space = ScalarRanges([
        0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
        0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
    ])
    static let lineEnds = ScalarRanges([0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029])
}

extension Expressions {
    /// One scalar of `ranges` in UTF-8.
    mutating func utf8(_ ranges: ScalarRanges) -> Expression {
        var ascii = ByteSet()
        var others: [Expression] = []
        for range in ranges.intersection(.all).ranges {
            var low = range.lowerBound
            while low <= range.upperBound {
                if low < 0x80 {
                    let high = min(range.upperBound, 0x7F)
                    ascii = ascii.union(ByteSet(UInt8(low)...UInt8(high)))
                    low = high + 1
                } else {
                    let limit: UInt32 = low < 0x800 ? 0x7FF : low < 0x10000 ? 0xFFFF : 0x10FFFF
                    let high = min(range.upperBound, limit)
                    others.append(sequences(low, high))
                    low = high + 1
                }
            }
        }
        others.append(bytes(ascii))
        return union(others)
    }

    /// UTF-8 of the scalars from `low` to `high`, which take the same number of bytes.
    private mutating func sequences(_ low: UInt32, _ high: UInt32) -> Expression {
        let count = low < 0x800 ? 2 : low < 0x10000 ? 3 : 4
        return sequence(Self.encode(low, count)[...], Self.encode(high, count)[...])
    }

    private static func encode(_ scalar: UInt32, _ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for position in (0..<count).reversed() {
            let bits = UInt8(truncatingIfNeeded: scalar >> UInt32(6 * position))
            switch (position == count - 1, count) {
            case (true, 2): bytes.append(0xC0 | bits & 0x1F)
            case (true, 3): bytes.append(0xE0 | bits & 0x0F)
            case (true, _): bytes.append(0xF0 | bits & 0x07)
            default: bytes.append(0x80 | bits & 0x3F)
            }
        }
        return bytes
    }

    /// Byte strings of equal length between `low` and `high` whose bytes after the first go from 0x80 to 0xBF.
    private mutating func sequence(_ low: ArraySlice<UInt8>, _ high: ArraySlice<UInt8>) -> Expression {
        guard let first = low.first, let last = high.first else { return .empty }
        if low.count == 1 { return bytes(ByteSet(first...last)) }
        let lowRest = low.dropFirst()
        let highRest = high.dropFirst()
        let least = Array(repeating: UInt8(0x80), count: lowRest.count)[...]
        let most = Array(repeating: UInt8(0xBF), count: lowRest.count)[...]
        if first == last { return concatenation(byte(first), sequence(lowRest, highRest)) }
        var parts: [Expression] = []
        var start = first
        var end = last
        if !lowRest.elementsEqual(least) {
            parts.append(concatenation(byte(first), sequence(lowRest, most)))
            start += 1
        }
        if !highRest.elementsEqual(most) {
            parts.append(concatenation(byte(last), sequence(least, highRest)))
            end -= 1
        }
        if start <= end { parts.append(concatenation(bytes(ByteSet(start...end)), sequence(least, most))) }
        return union(parts)
    }
}
