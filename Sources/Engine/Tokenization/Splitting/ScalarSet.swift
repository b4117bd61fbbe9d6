/// A set of scalars as a class of a pattern lists them: `[A-Za-z\x{B5}...]`.
struct ScalarSet: Sendable {
    private var ascii: (low: UInt64, high: UInt64) = (0, 0)
    /// The others' ranges, ascending and apart.
    private var ranges: [ClosedRange<UInt32>] = []

    /// Reads a class of literal scalars, `\x{...}` and ranges of these; nil for anything else.
    init?(class text: Substring) {
        guard text.first == "[", text.last == "]", text.count > 2 else { return nil }
        var rest = text.dropFirst().dropLast().unicodeScalars
        var all: [ClosedRange<UInt32>] = []
        while let first = Self.scalar(&rest) {
            var last = first
            if rest.first == "-", rest.dropFirst().first != nil {
                rest = rest.dropFirst()
                guard let end = Self.scalar(&rest) else { return nil }
                last = end
            }
            guard first <= last else { return nil }
            all.append(first...last)
        }
        guard rest.isEmpty else { return nil }
        for value in UInt32(0)..<128 where all.contains(where: { $0.contains(value) }) {
            if value < 64 { ascii.low |= 1 << UInt64(value) } else { ascii.high |= 1 << UInt64(value - 64) }
        }
        for range in all.sorted(by: { $0.lowerBound < $1.lowerBound }) where range.upperBound >= 128 {
            if let last = ranges.last, range.lowerBound <= last.upperBound {
                ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                ranges.append(range)
            }
        }
    }

    /// The next literal scalar or `\x{...}`; nil at the end and before what has a meaning of its own.
    private static func scalar(_ rest: inout Substring.UnicodeScalarView) -> UInt32? {
        guard let first = rest.first else { return nil }
        if first == "\\" {
            guard rest.dropFirst().starts(with: "x{".unicodeScalars), let end = rest.firstIndex(of: "}"),
                let value = UInt32(String(rest[..<end].dropFirst(3)), radix: 16)
            else { return nil }
            rest = rest[rest.index(after: end)...]
            return value
        }
        guard !"[]^&".unicodeScalars.contains(first) else { return nil }
        rest = rest.dropFirst()
        return first.value
    }

    /// Whether a scalar, or a byte that is part of none, is a member.
    @inline(__always)
    func contains(_ value: UInt32, length: Int) -> Bool {
        if value < 64 { return ascii.low >> UInt64(value) & 1 == 1 }
        if value < 128 { return ascii.high >> UInt64(value - 64) & 1 == 1 }
        return length > 1 && find(value)
    }

    private func find(_ value: UInt32) -> Bool {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(value)
    }
}

/// Patterns of one repeated set of scalars, `[...]+`, with white space allowed before it (`\s?[...]+`).
struct SetRun: Sendable {
    private let members: ScalarSet
    private let takesSpace: Bool

    /// Reads such a pattern; nil if it is of another form.
    init?(regex: String) {
        takesSpace = regex.hasPrefix(#"\s?["#)
        let rest = regex.dropFirst(takesSpace ? 3 : 0)
        guard rest.hasSuffix("]+"), let members = ScalarSet(class: rest.dropLast()) else { return nil }
        self.members = members
    }

    /// The first match at or after an index.
    func nextMatch(in text: ScalarText, from start: Int) -> Range<Int>? {
        var index = start
        while index < text.end {
            let (value, length) = decodeScalar(text.bytes, at: index, end: text.end)
            if takesSpace, text.scalar(at: index).classes.meets(.whitespace) {
                let end = endOfRun(in: text, from: index + length)
                if end > index + length { return index..<end }
            }
            if members.contains(value, length: length) { return index..<endOfRun(in: text, from: index) }
            index += length
        }
        return nil
    }

    private func endOfRun(in text: ScalarText, from start: Int) -> Int {
        var index = start
        while index < text.end {
            let (value, length) = decodeScalar(text.bytes, at: index, end: text.end)
            guard members.contains(value, length: length) else { break }
            index += length
        }
        return index
    }
}
