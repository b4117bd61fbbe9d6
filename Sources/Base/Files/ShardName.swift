/// The place of a file in a set that a model is split into, from its name: `NAME-00001-of-00003.gguf`, numbered from 1.
package struct ShardName: Sendable, Hashable {
    /// The path up to the numbers, without the sign before them.
    package let prefix: Substring
    /// The number of this file, from 1.
    package let number: Int
    /// The files of the set.
    package let count: Int
    /// What the name ends in, from the point on.
    private let ending: Substring

    /// Reads a path; nil if it is not of that form, or does not end in `ending`, in letters of either case.
    package init?(_ path: String, ending: String) {
        let numbers = "-00001-of-00003".utf8.count
        guard path.lowercased().hasSuffix(ending), path.utf8.count >= ending.utf8.count + numbers else { return nil }
        let stem = path.dropLast(ending.count)
        let parts = stem.suffix(numbers).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0].isEmpty, parts[2] == "of", let number = Self.number(parts[1]),
            let count = Self.number(parts[3]), number >= 1, number <= count
        else { return nil }
        (prefix, self.number, self.count, self.ending) = (
            stem.dropLast(numbers), number, count, path.suffix(ending.count)
        )
    }

    /// The path of the file with this number.
    package func path(number: Int) -> String { "\(prefix)-\(Self.digits(number))-of-\(Self.digits(count))\(ending)" }

    private static func number(_ digits: Substring) -> Int? {
        digits.utf8.count == 5 && digits.utf8.allSatisfy { 48...57 ~= $0 } ? Int(digits) : nil
    }

    private static func digits(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 5 - text.count)) + text
    }
}
