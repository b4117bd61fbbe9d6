extension Evaluator {
    /// The text with `fill` on the sides that have a share, up to a width in scalars.
    func pad(
        _ text: String, to width: Value, with fill: String, left: Int, right: Int
    ) throws(TemplateError) -> Value {
        let width = try integer(width, for: "a width")
        let count = text.unicodeScalars.count
        guard width > count else { return .string(text) }
        let missing = width - count
        let (bytes, overflow) = missing.multipliedReportingOverflow(by: fill.utf8.count)
        try reserve(bytes: overflow ? .max : bytes)
        // Where the space does not divide evenly, Python's `center` puts more on the left of an odd width.
        let before = left == 0 ? 0 : right == 0 ? missing : missing / 2 + (missing & width & 1)
        return .string(
            try checked(
                String(repeating: fill, count: before) + text + String(repeating: fill, count: missing - before)))
    }

    func fillWithZeros(_ text: String, _ arguments: Arguments) throws(TemplateError) -> Value {
        let width = try arguments.bound(to: ["width"], required: 1, of: "zfill")[0] ?? .none
        guard let sign = text.unicodeScalars.first, sign == "+" || sign == "-" else {
            return try pad(text, to: width, with: "0", left: 1, right: 0)
        }
        let digits = String(text.unicodeScalars.dropFirst())
        let rest = try integer(width, for: "the width of zfill").subtractingReportingOverflow(1).partialValue
        return .string(String(sign) + (try print(try pad(digits, to: .integer(rest), with: "0", left: 1, right: 0))))
    }

    func expandTabs(_ text: String, _ size: Value?) throws(TemplateError) -> String {
        let size = max(try integer(size ?? .integer(8), for: "the size of a tab"), 0)
        let tabs = text.utf8.lazy.filter { $0 == 9 }.count
        let (bytes, overflow) = tabs.multipliedReportingOverflow(by: size)
        try reserve(bytes: overflow ? .max : bytes)
        var result = ""
        var column = 0
        for scalar in text.unicodeScalars {
            if scalar == "\t" {
                let count = size == 0 ? 0 : size - column % size
                result += String(repeating: " ", count: count)
                column += count
            } else {
                column = scalar == "\n" || scalar == "\r" ? 0 : column + 1
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    func wrap(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let given = try arguments.bound(
            to: ["width", "break_long_words", "wrapstring", "break_on_hyphens"], of: "wordwrap")
        let width = try integer(given[0] ?? .integer(79), for: "the width of wordwrap")
        guard width > 0 else { throw .operation("the width of wordwrap is at least 1") }
        let separator = try given[2].map { value throws(TemplateError) in try print(value) } ?? "\n"
        let breaksWords = given[1]?.isTrue ?? true
        let breaksHyphens = given[3]?.isTrue ?? true
        let text = try print(value)
        try spend(text.utf8.count)
        var lines: [String] = []
        for line in text.pythonLines(keepingEnds: false) {
            lines.append(
                TextWrapper(width: width, breaksWords: breaksWords, breaksHyphens: breaksHyphens).wrap(line)
                    .joined(separator: separator))
        }
        return .string(try checked(lines.joined(separator: separator)))
    }
}

extension String {
    /// Python's `str.splitlines`.
    func pythonLines(keepingEnds: Bool) -> [String] {
        var lines: [String] = []
        let scalars = unicodeScalars
        var start = startIndex
        var index = startIndex
        while index < endIndex {
            let scalar = scalars[index]
            let lineEnd = index
            index = scalars.index(after: index)
            guard scalar.isLineBreak else { continue }
            if scalar == "\r", index < endIndex, scalars[index] == "\n" { index = scalars.index(after: index) }
            lines.append(String(scalars[start..<(keepingEnds ? index : lineEnd)]))
            start = index
        }
        if start < endIndex { lines.append(String(scalars[start...])) }
        return lines
    }

    /// Python's `str.split()`: words between white space; what is left after `limit` splits is one piece.
    func words(limit: Int) -> [String] {
        var words: [String] = []
        var rest = unicodeScalars[...].drop(while: \.isPythonSpace)
        while !rest.isEmpty {
            if words.count == limit {
                words.append(String(rest))
                break
            }
            let word = rest.prefix { !$0.isPythonSpace }
            words.append(String(word))
            rest = rest[word.endIndex...].drop(while: \.isPythonSpace)
        }
        return words
    }

    /// Python's `str.rsplit()`.
    func wordsFromEnd(limit: Int) -> [String] { reversedScalars.words(limit: limit).reversed().map(\.reversedScalars) }

    /// The pieces between the last `limit` occurrences of `separator`.
    func piecesFromEnd(separatedBy separator: String, limit: Int) -> [String] {
        reversedScalars.pieces(separatedBy: separator.reversedScalars, limit: limit).reversed().map(\.reversedScalars)
    }

    private var reversedScalars: String {
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: unicodeScalars.reversed())
        return String(scalars)
    }
}

extension Unicode.Scalar {
    /// Whether Python's `str.splitlines` ends a line here.
    fileprivate var isLineBreak: Bool {
        switch value {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }
}

/// Breaks a line as Python's `textwrap` does without replacing, expanding or dropping white space within it.
struct TextWrapper {
    let width: Int
    let breaksWords: Bool
    let breaksHyphens: Bool

    func wrap(_ line: String) -> [String] {
        var chunks = Array(chunks(of: line).reversed())
        var lines: [String] = []
        while !chunks.isEmpty {
            // White space at the beginning of a line other than the first, and at the end of any, is dropped.
            if !lines.isEmpty, let first = chunks.last, first.allSatisfy(\.isPythonSpace) { chunks.removeLast() }
            var current: [[Unicode.Scalar]] = []
            var length = 0
            while let chunk = chunks.last, length + chunk.count <= width {
                current.append(chunk)
                length += chunk.count
                chunks.removeLast()
            }
            if let chunk = chunks.last, chunk.count > width {
                if breaksWords {
                    current.append(Array(chunk.prefix(width - length)))
                    chunks[chunks.count - 1].removeFirst(width - length)
                } else if current.isEmpty {
                    current.append(chunk)
                    chunks.removeLast()
                }
            }
            if let last = current.last, last.allSatisfy(\.isPythonSpace) { current.removeLast() }
            if !current.isEmpty { lines.append(String(String.UnicodeScalarView(current.joined()))) }
        }
        return lines
    }

    /// Runs of white space and words; a word is also split after a hyphen between letters.
    private func chunks(of line: String) -> [[Unicode.Scalar]] {
        let scalars = Array(line.unicodeScalars)
        var chunks: [[Unicode.Scalar]] = []
        var chunk: [Unicode.Scalar] = []
        for (index, scalar) in scalars.enumerated() {
            if let last = chunk.last, last.isPythonSpace != scalar.isPythonSpace {
                chunks.append(chunk)
                chunk = []
            }
            chunk.append(scalar)
            guard breaksHyphens, scalar == "-", chunk.count >= 3, index + 2 < scalars.count else { continue }
            let around = [chunk[chunk.count - 2], chunk[chunk.count - 3], scalars[index + 1], scalars[index + 2]]
            if around.allSatisfy(\.properties.isAlphabetic) {
                chunks.append(chunk)
                chunk = []
            }
        }
        if !chunk.isEmpty { chunks.append(chunk) }
        return chunks
    }
}
