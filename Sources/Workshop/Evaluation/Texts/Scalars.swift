import Templating

/// A text as the references of all metrics see it: Unicode scalars, compared one by one. Swift's own strings are equal
/// when they are canonically equivalent, which Python's are not.
typealias Scalars = [Unicode.Scalar]

extension String {
    /// The scalars of the text.
    var scalars: Scalars { Scalars(unicodeScalars) }

    /// The pieces between white space, as Python's `str.split()` has them.
    var words: [Scalars] { scalars.words }

    /// The text without white space at its end, as Python's `str.rstrip()` has it.
    var trimmedAtEnd: Scalars {
        let scalars = scalars
        let end = scalars.lastIndex { !$0.isPythonSpace }.map { $0 + 1 } ?? 0
        return Scalars(scalars[..<end])
    }

    /// The text without white space at its ends, as Python's `str.strip()` has it.
    package var strippedOfSpace: String {
        let scalars = unicodeScalars
        guard let start = scalars.firstIndex(where: { !$0.isPythonSpace }),
            let end = scalars.lastIndex(where: { !$0.isPythonSpace })
        else { return "" }
        return String(scalars[start...end])
    }

    /// The text in which every occurrence of `part`, taken from the left, is replaced; scalar by scalar.
    func replacingScalars(_ part: String, with replacement: String) -> String {
        String(scalars.replacing(part.scalars, with: replacement.scalars))
    }

    init(_ scalars: Scalars) {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        self = String(view)
    }
}

extension [Unicode.Scalar] {
    /// The pieces between white space.
    var words: [Scalars] { split(whereSeparator: \.isPythonSpace).map(Scalars.init) }

    var lowercased: Scalars { String(self).pythonLowercased.scalars }

    /// What Python's `str.replace` makes of it.
    func replacing(_ part: Scalars, with replacement: Scalars) -> Scalars {
        guard !part.isEmpty, count >= part.count else { return self }
        var result = Scalars()
        var index = 0
        while index < count {
            if index + part.count <= count, self[index] == part[0], self[index..<index + part.count].elementsEqual(part)
            {
                result += replacement
                index += part.count
            } else {
                result.append(self[index])
                index += 1
            }
        }
        return result
    }
}

/// Numbers for words, so that n-grams are lists of small integers.
struct WordNumbers {
    private var numbers: [Scalars: Int] = [:]

    /// The word's number, a new one for a new word.
    mutating func number(of word: Scalars) -> Int {
        if let number = numbers[word] { return number }
        numbers[word] = numbers.count
        return numbers.count - 1
    }

    mutating func numbers(of words: [Scalars]) -> [Int] { words.map { number(of: $0) } }
}

/// How often each n-gram of one order occurs.
typealias NGramCounts<Item: Hashable> = [ArraySlice<Item>: Int]

extension Array where Element: Hashable {
    /// The n-grams of an order, with their counts.
    func nGrams(_ order: Int) -> NGramCounts<Element> {
        guard order > 0, count >= order else { return [:] }
        var counts = NGramCounts<Element>(minimumCapacity: count)
        for start in 0...count - order { counts[self[start..<start + order], default: 0] += 1 }
        return counts
    }
}
