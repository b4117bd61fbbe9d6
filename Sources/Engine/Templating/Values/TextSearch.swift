extension String {
    /// Where `part` first occurs, byte for byte.
    func firstRange(of part: String) -> Range<Index>? { ranges(of: part, limit: 1).first }

    /// Where `part` occurs, from the start and without overlaps. An empty part occurs before every scalar and at the end.
    ///
    /// Takes time in proportion to the two lengths, whatever they contain (Knuth, Morris and Pratt, 1977).
    func ranges(of part: String, limit: Int = .max) -> [Range<Index>] {
        let pattern = Array(part.utf8)
        guard let last = pattern.last else {
            return unicodeScalars.indices.prefix(limit).map { $0..<$0 }
                + (unicodeScalars.count < limit ? [endIndex..<endIndex] : [])
        }
        let borders = Self.borders(of: pattern)
        var found: [Range<Index>] = []
        var text = self
        let ends = text.withUTF8 { bytes in
            var ends: [Int] = []
            var matched = 0
            for (offset, byte) in bytes.enumerated() where ends.count < limit {
                while matched > 0, byte != pattern[matched] { matched = borders[matched - 1] }
                if byte == pattern[matched] { matched += 1 }
                if matched == pattern.count, byte == last {
                    ends.append(offset + 1)
                    matched = 0
                }
            }
            return ends
        }
        for end in ends {
            found.append(utf8.index(startIndex, offsetBy: end - pattern.count)..<utf8.index(startIndex, offsetBy: end))
        }
        return found
    }

    /// For every prefix of the pattern, the length of its longest proper prefix that is also its suffix.
    private static func borders(of pattern: [UInt8]) -> [Int] {
        var borders = [0]
        var length = 0
        for byte in pattern.dropFirst() {
            while length > 0, byte != pattern[length] { length = borders[length - 1] }
            if byte == pattern[length] { length += 1 }
            borders.append(length)
        }
        return borders
    }

    /// The pieces between the occurrences of `separator`, which is not empty.
    func pieces(separatedBy separator: String, limit: Int = .max) -> [String] {
        var pieces: [String] = []
        var start = startIndex
        for range in ranges(of: separator, limit: limit) {
            pieces.append(String(self[start..<range.lowerBound]))
            start = range.upperBound
        }
        pieces.append(String(self[start...]))
        return pieces
    }

    /// The text with occurrences of `old` replaced, the first `limit` ones.
    func replacing(_ old: String, with new: String, limit: Int = .max) -> String {
        var result = ""
        var start = startIndex
        for range in ranges(of: old, limit: limit) {
            result += self[start..<range.lowerBound]
            result += new
            start = range.upperBound
        }
        result += self[start...]
        return result
    }

    /// Whether the text begins with `prefix`, byte for byte.
    func begins(with prefix: String) -> Bool { utf8.starts(with: prefix.utf8) }

    /// Whether the text ends with `suffix`, byte for byte.
    func ends(with suffix: String) -> Bool {
        utf8.count >= suffix.utf8.count && utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }

    /// The text without the scalars at its ends for which `isStripped` holds.
    func stripped(left: Bool = true, right: Bool = true, _ isStripped: (Unicode.Scalar) -> Bool) -> String {
        var scalars = unicodeScalars[...]
        if left { scalars = scalars.drop(while: isStripped) }
        if right { while let last = scalars.last, isStripped(last) { scalars.removeLast() } }
        return String(scalars)
    }

    /// The text with `&`, `<`, `>`, `'` and `"` as HTML writes them.
    var escapedForHTML: String {
        var result = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "'": result += "&#39;"
            case "\"": result += "&#34;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
