/// A property of the value of unsigned decimal digits, such as `12.50`, that is decided digit by digit.
enum DecimalCondition: Hashable, Sendable {
    /// The value is a multiple of `divisor`, a whole number, once the point is moved `places` to the right.
    case multiple(divisor: UInt64, places: UInt32)
    /// The value compares so with `bound`.
    case compares(Relation, Decimal)

    enum Relation: UInt8, Hashable, Sendable { case less, lessOrEqual, greater, greaterOrEqual }

    /// How far a text has come.
    enum State {
        case always, never
        case at(UInt32, UInt32)
    }

    var start: State { .at(0, 0) }

    /// For sharing between pools.
    var fingerprint: UInt64 {
        switch self {
        case .multiple(let divisor, let places): mix(divisor, UInt64(places) &+ 71)
        case .compares(let relation, let decimal):
            (decimal.whole + [46] + decimal.fraction).reduce(UInt64(relation.rawValue)) { mix($0, UInt64($1)) }
        }
    }

    /// Whether a text may end in the state `b`, `c`.
    func accepts(_ b: UInt32, _ c: UInt32) -> Bool {
        switch self {
        case .multiple(let divisor, let places):
            // b is the remainder, c one more than the digits after the point that count, 0 before the point.
            let left = c == 0 ? places : c - 1
            var remainder = UInt64(b)
            for _ in 0..<left { remainder = remainder * 10 % divisor }
            return remainder == 0
        case .compares(let relation, let bound):
            return relation.holds(for: order(b, c, bound))
        }
    }

    /// The state after `byte`.
    func next(_ b: UInt32, _ c: UInt32, _ byte: UInt8) -> State {
        let isPoint = byte == UInt8(ascii: ".")
        guard isPoint || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return .never }
        let digit = byte &- UInt8(ascii: "0")
        switch self {
        case .multiple(let divisor, let places):
            if isPoint { return c == 0 ? .at(b, places + 1) : .never }
            if c == 1 { return digit == 0 ? .at(b, c) : .never }
            let remainder = (UInt64(b) * 10 + UInt64(digit)) % divisor
            return .at(UInt32(truncatingIfNeeded: remainder), c == 0 ? 0 : c - 1)
        case .compares(let relation, let bound): return next(b, c, isPoint ? nil : digit, bound, relation)
        }
    }

    // A comparison's state: b is how many digits of this side of the point are read; c is 0 while all are equal, 1 for less,
    // 2 for more, plus 4 after the point, where only equal ones are of interest.

    private func next(_ b: UInt32, _ c: UInt32, _ digit: UInt8?, _ bound: Decimal, _ relation: Relation) -> State {
        guard let digit else {
            guard c < 4 else { return .never }
            switch order(b, c, whole: bound) {
            case 0: return .at(0, 4)
            case let order: return relation.holds(for: order) ? .always : .never
            }
        }
        if c >= 4 {
            let expected = Int(b) < bound.fraction.count ? bound.fraction[Int(b)] : 0
            if digit != expected { return relation.holds(for: digit < expected ? -1 : 1) ? .always : .never }
            return .at(min(b + 1, UInt32(bound.fraction.count)), 4)
        }
        guard Int(b) < bound.whole.count else { return relation.holds(for: 1) ? .always : .never }
        let expected = bound.whole[Int(b)]
        let order: UInt32 = c != 0 ? c : digit == expected ? 0 : digit < expected ? 1 : 2
        return .at(b + 1, order)
    }

    private func order(_ b: UInt32, _ c: UInt32, whole bound: Decimal) -> Int {
        if Int(b) < bound.whole.count { return -1 }
        return c == 0 ? 0 : c == 1 ? -1 : 1
    }

    private func order(_ b: UInt32, _ c: UInt32, _ bound: Decimal) -> Int {
        if c >= 4 { return Int(b) < bound.fraction.count ? -1 : 0 }
        let whole = order(b, c, whole: bound)
        return whole != 0 ? whole : bound.fraction.isEmpty ? 0 : -1
    }
}

extension DecimalCondition.Relation {
    /// Whether it holds for a value that is less (-1), equal (0) or more (1).
    func holds(for order: Int) -> Bool {
        switch self {
        case .less: order < 0
        case .lessOrEqual: order <= 0
        case .greater: order > 0
        case .greaterOrEqual: order >= 0
        }
    }
}

/// A decimal number as its digits: no zeros that change nothing.
struct Decimal: Hashable, Sendable {
    var isNegative: Bool
    /// Digits before the point, at least one.
    var whole: [UInt8]
    /// Digits after the point, the last of them not zero.
    var fraction: [UInt8]

    /// The number that `text`, a Swift or JSON number such as `-1.5e-07`, stands for; nil where it is none, or takes more
    /// than 400 digits.
    init?(_ text: String) {
        var bytes = ArraySlice(text.utf8)
        isNegative = bytes.first == UInt8(ascii: "-")
        if isNegative { bytes.removeFirst() }
        var exponent = 0
        if let mark = bytes.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) {
            guard let value = Int(String(decoding: bytes[(mark + 1)...], as: UTF8.self)), abs(value) < 400 else {
                return nil
            }
            exponent = value
            bytes = bytes[..<mark]
        }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2 else { return nil }
        whole = first.map { $0 &- 48 }
        fraction = parts.count == 2 ? parts[1].map { $0 &- 48 } : []
        guard whole.count + fraction.count < 400, (whole + fraction).allSatisfy({ $0 < 10 }) else { return nil }
        while exponent > 0 {
            whole.append(fraction.isEmpty ? 0 : fraction.removeFirst())
            exponent -= 1
        }
        while exponent < 0 {
            fraction.insert(whole.popLast() ?? 0, at: 0)
            exponent += 1
        }
        while fraction.last == 0 { fraction.removeLast() }
        while whole.count > 1, whole.first == 0 { whole.removeFirst() }
        if whole.isEmpty { whole = [0] }
        if isZero { isNegative = false }
    }

    var isZero: Bool { whole == [0] && fraction.isEmpty }

    /// The digits without the point, if they fit.
    var digitsWithoutPoint: UInt64? {
        var value: UInt64 = 0
        for digit in whole + fraction {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow, product <= .max - UInt64(digit) else { return nil }
            value = product + UInt64(digit)
        }
        return value
    }
}
