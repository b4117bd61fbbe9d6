/// The classes of scalars that split patterns tell apart: a partition of Unicode, except that ``han`` overlaps it.
///
/// White space is taken out of the general categories, and split into the parts that patterns name on their own.
struct ScalarClass: OptionSet, Sendable {
    let rawValue: UInt16

    /// `\p{Lu}`, `\p{Lt}`
    static let upper = ScalarClass(rawValue: 1 << 0)
    /// `\p{Ll}`
    static let lower = ScalarClass(rawValue: 1 << 1)
    /// `\p{Lm}`, `\p{Lo}`
    static let caseless = ScalarClass(rawValue: 1 << 2)
    /// `\p{M}`
    static let mark = ScalarClass(rawValue: 1 << 3)
    /// `\p{Nd}`
    static let decimal = ScalarClass(rawValue: 1 << 4)
    /// `\p{Nl}`, `\p{No}`
    static let numeral = ScalarClass(rawValue: 1 << 5)
    /// `\p{P}`
    static let punctuation = ScalarClass(rawValue: 1 << 6)
    /// `\p{S}`
    static let symbol = ScalarClass(rawValue: 1 << 7)
    /// U+0020
    static let space = ScalarClass(rawValue: 1 << 8)
    /// `[\r\n]`
    static let newline = ScalarClass(rawValue: 1 << 9)
    /// `\s` but for U+0020 and `[\r\n]`
    static let blank = ScalarClass(rawValue: 1 << 10)
    /// `\p{C}` but for white space, and any byte that is not part of a scalar
    static let other = ScalarClass(rawValue: 1 << 11)
    /// `\p{Han}`, in addition to one of the above
    static let han = ScalarClass(rawValue: 1 << 12)

    /// `\p{L}`
    static let letter: ScalarClass = [.upper, .lower, .caseless]
    /// `\p{N}`
    static let number: ScalarClass = [.decimal, .numeral]
    /// `\s`
    static let whitespace: ScalarClass = [.space, .newline, .blank]
    /// Every scalar.
    static let any: ScalarClass = [
        .letter, .mark, .number, .punctuation, .symbol, .whitespace, .other,
    ]

    /// Whether the two have a class in common, the test that scanners make of each scalar.
    @inline(__always)
    func meets(_ classes: ScalarClass) -> Bool { rawValue & classes.rawValue != 0 }
}
