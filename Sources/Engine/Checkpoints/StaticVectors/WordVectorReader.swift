import Files

/// Reads word2vec's two formats and GloVe's.
struct WordVectorReader {
    /// No vector is longer.
    static let largestDimensions = 1 << 20

    private let file: MappedFile
    private var bytes: UnsafeRawBufferPointer { file.bytes }

    init(_ file: MappedFile) { self.file = file }

    /// No first line is longer: a word and the numbers of the longest vector.
    private static let longestFirstLine = 1 << 24

    /// Whether the first line is two counts, or a word and numbers.
    var recognizesFirstLine: Bool {
        let end = endOfLine(0)
        guard end <= Self.longestFirstLine else { return false }
        let first = fields(0..<end)
        if first.count == 2, let count = integer(first[0]), let dimensions = integer(first[1]) {
            return count > 0 && dimensions > 0
        }
        return first.count > 2 && row(0..<end, dimensions: first.count - 1, exactly: true) != nil
    }

    func read() throws(CheckpointError) -> StaticVectors {
        let firstEnd = endOfLine(0)
        guard firstEnd <= Self.longestFirstLine else { throw unknownFormat("its first line does not end") }
        let first = fields(0..<firstEnd)
        if first.count == 2, let count = integer(first[0]), let dimensions = integer(first[1]) {
            try check(count: count, dimensions: dimensions)
            let second = firstEnd + 1
            if second < bytes.count, row(second..<endOfLine(second), dimensions: dimensions, exactly: true) != nil {
                return try text(from: second, line: 2, count: count, dimensions: dimensions)
            }
            return try binary(from: second, count: count, dimensions: dimensions)
        }
        let dimensions = first.count - 1
        guard dimensions >= 1, row(0..<firstEnd, dimensions: dimensions, exactly: true) != nil else {
            throw unknownFormat("its first line is neither two counts nor a word and its numbers")
        }
        return try text(from: 0, line: 1, count: nil, dimensions: dimensions)
    }

    private func check(count: Int, dimensions: Int) throws(CheckpointError) {
        guard (1...Self.largestDimensions).contains(dimensions), (1...WordTable.largestCount).contains(count) else {
            throw error(
                "line 1", "\(count) words of \(dimensions) dimensions are impossible",
                "It says how many words follow and how long their vectors are")
        }
    }

    private func binary(from start: Int, count: Int, dimensions: Int) throws(CheckpointError) -> StaticVectors {
        let rowBytes = dimensions * 4
        guard count <= (bytes.count - min(start, bytes.count)) / (rowBytes + 1) else {
            throw error(
                "line 1",
                "\(count) words of \(dimensions) dimensions do not fit in the \(bytes.count) bytes of the file",
                "It is truncated or no word2vec file; download it again")
        }
        var words = WordTable(file)
        var position = start
        for index in 0..<count {
            while position < bytes.count, bytes[position] == Self.newline { position += 1 }
            let wordStart = position
            while position < bytes.count, bytes[position] != Self.space { position += 1 }
            guard position < bytes.count, bytes.count - position - 1 >= rowBytes else {
                throw error(
                    "word \(index + 1) of \(count)", "the file ends in it", "It is truncated; download it again")
            }
            // Of words that come twice the first counts, as everywhere.
            _ = words.append(wordStart..<position)
            position += 1 + rowBytes
        }
        guard bytes[position...].allSatisfy({ $0 == Self.newline }) else {
            throw error(
                "offset \(position)", "\(bytes.count - position) bytes follow the last of \(count) words",
                "The counts in its first line are wrong")
        }
        return StaticVectors(
            path: file.path, format: .word2vecBinary, dimensions: dimensions, words: words, rows: .afterWords(file),
            subwords: nil)
    }

    private func text(
        from start: Int, line: Int, count: Int?, dimensions: Int
    ) throws(CheckpointError) -> StaticVectors {
        var words = WordTable(file)
        var values: [Float] = []
        var (position, line, read) = (start, line, 0)
        while position < bytes.count {
            let end = endOfLine(position)
            if !trimmed(position..<end).isEmpty {
                read += 1
                guard count.map({ read <= $0 }) ?? (read <= WordTable.largestCount) else {
                    throw error("line \(line)", "more words follow than the \(read - 1) of line 1", "Correct the count")
                }
                guard let row = row(position..<end, dimensions: dimensions, exactly: count != nil) else {
                    throw error(
                        "line \(line)", "it is not a word and \(dimensions) numbers",
                        "The file is damaged, or its words hold spaces")
                }
                if words.append(row.word) { values += row.values }
            }
            position = end + 1
            line += 1
        }
        if let count, read < count {
            throw error(
                "line \(line)", "the file ends after \(read) of \(count) words", "It is truncated; download it again")
        }
        return StaticVectors(
            path: file.path, format: count == nil ? .gloVe : .word2vecText, dimensions: dimensions, words: words,
            rows: .values(values, columns: dimensions), subwords: nil)
    }

    /// A line's word and numbers; words may hold spaces unless the fields are to be counted `exactly`.
    private func row(
        _ line: Range<Int>, dimensions: Int, exactly: Bool
    ) -> (word: Range<Int>, values: [Float])? {
        let line = trimmed(line)
        var values: [Float] = []
        values.reserveCapacity(dimensions)
        var end = line.upperBound
        for _ in 0..<dimensions {
            var start = end
            while start > line.lowerBound, !Self.isSeparator(bytes[start - 1]) { start -= 1 }
            // What is before must at least be a separator.
            guard start > line.lowerBound, start < end, let value = DecimalNumber.float(bytes[start..<end]) else {
                return nil
            }
            values.append(value)
            end = start - 1
        }
        if exactly, bytes[line.lowerBound..<end].contains(where: Self.isSeparator) { return nil }
        values.reverse()
        return (line.lowerBound..<end, values)
    }

    // MARK: Lines

    private static let newline = UInt8(ascii: "\n")
    private static let space = UInt8(ascii: " ")

    private static func isSeparator(_ byte: UInt8) -> Bool { byte == space || byte == UInt8(ascii: "\t") }

    private func endOfLine(_ start: Int) -> Int {
        var position = start
        let end = start == 0 ? min(bytes.count, Self.longestFirstLine + 1) : bytes.count
        while position < end, bytes[position] != Self.newline { position += 1 }
        return position
    }

    /// The line without white space at its end.
    private func trimmed(_ line: Range<Int>) -> Range<Int> {
        var end = line.upperBound
        while end > line.lowerBound, Self.isSeparator(bytes[end - 1]) || bytes[end - 1] == UInt8(ascii: "\r") {
            end -= 1
        }
        return line.lowerBound..<end
    }

    private func fields(_ line: Range<Int>) -> [Range<Int>] {
        bytes[trimmed(line)].split(whereSeparator: Self.isSeparator).map { $0.startIndex..<$0.endIndex }
    }

    /// A whole number, the largest there is in the place of larger ones.
    private func integer(_ field: Range<Int>) -> Int? {
        guard bytes[field].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        guard field.count <= 18 else { return .max }
        return bytes[field].reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private func unknownFormat(_ reason: String) -> CheckpointError {
        CheckpointError(
            path: file.path, location: "line 1", reason: "this is no file of word vectors: \(reason)",
            remedy: "Read are word2vec's text and binary files, GloVe's text files and fastText's .bin and .ftz")
    }

    private func error(_ location: String, _ reason: String, _ remedy: String) -> CheckpointError {
        CheckpointError(path: file.path, location: location, reason: reason, remedy: remedy)
    }
}
