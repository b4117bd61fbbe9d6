import Files

/// Words with a vector each, as word2vec, GloVe and fastText write them.
///
/// Vectors of binary files stay in the mapped file, as the file has them; those of text files are numbers in memory.
package struct StaticVectors: Sendable {
    /// How the file is written.
    package enum Format: String, Sendable, Hashable {
        /// A line with two counts, then words and numbers as text (Mikolov et al. 2013).
        case word2vecText = "word2vec text"
        /// A line with two counts, then each word and its f32 values.
        case word2vecBinary = "word2vec binary"
        /// Words and numbers as text without a first line of counts (Pennington et al. 2014).
        case gloVe = "GloVe text"
        /// fastText's `.bin` (Bojanowski et al. 2017).
        case fastText = "fastText"
        /// fastText's `.ftz`: rows as codes of a product quantizer (Joulin et al. 2016).
        case fastTextQuantized = "fastText, quantized"
    }

    /// The file.
    package let path: String
    /// How it is written.
    package let format: Format
    /// The length of each vector.
    package let dimensions: Int
    let words: WordTable
    let rows: VectorRows
    let subwords: FastTextSubwords?

    /// The number of words.
    package var count: Int { words.count }

    /// The word with a number; what is not UTF-8 in it shows as U+FFFD.
    package func word(at index: Int) -> String { words.word(index) }

    /// The number of a word, which must be written exactly as in the file.
    package func index(of word: String) -> Int? { words.index(of: Array(word.utf8)) }

    /// The vector of a word; fastText makes one from parts of words that it does not know. Nil if there is none.
    package func vector(of word: String) -> [Float]? {
        let bytes = Array(word.utf8)
        if let subwords {
            let indices = subwords.rows(of: bytes, index: words.index(of: bytes))
            return indices.isEmpty ? nil : mean(ofRows: indices)
        }
        return words.index(of: bytes).map(vector(at:))
    }

    /// The vector of the word with a number.
    package func vector(at index: Int) -> [Float] {
        [Float](unsafeUninitializedCapacity: dimensions) { buffer, count in
            buffer.initialize(repeating: 0)
            count = dimensions
            addVector(at: index, to: UnsafeMutableBufferPointer(rebasing: buffer[..<dimensions]))
        }
    }

    /// Adds the vector of the word with a number to `sum`, which has `dimensions` values.
    package func addVector(at index: Int, to sum: UnsafeMutableBufferPointer<Float>) {
        guard let subwords, !subwords.isEmpty else {
            return rows.add(index, word: words.range(index), to: sum, scale: 1)
        }
        let indices = subwords.rows(of: Array(words.bytes(index)), index: index)
        // The sum first and then the division, as fastText rounds.
        let mean = mean(ofRows: indices)
        for position in sum.indices { sum[position] += mean[position] }
    }

    /// The mean of rows of the matrix, zero for none.
    func mean(ofRows indices: [Int]) -> [Float] {
        var sum = [Float](repeating: 0, count: dimensions)
        sum.withUnsafeMutableBufferPointer { sum in
            for index in indices {
                rows.add(index, word: index < words.count ? words.range(index) : 0..<0, to: sum, scale: 1)
            }
            let factor = indices.isEmpty ? 1 : 1 / Float(indices.count)
            for position in sum.indices { sum[position] *= factor }
        }
        return sum
    }

    /// The vector of a text: fastText's sentence vector; for the other formats the mean of the vectors of those words,
    /// separated by white space, that the file knows.
    ///
    /// - Returns: zero without known words, and the numbers of words that were found and that were not.
    package func sentenceVector(_ text: String) -> (vector: [Float], known: Int, unknown: Int) {
        if let subwords { return sentenceVector(text, subwords) }
        let parts = text.split(whereSeparator: \.isWhitespace)
        let indices = parts.compactMap { index(of: String($0)) }
        return (mean(ofRows: indices), indices.count, parts.count - indices.count)
    }

    /// Opens a file, whose format its first bytes tell.
    ///
    /// - Throws: `CheckpointError` naming the line or offset at fault.
    package static func open(_ path: String) throws(CheckpointError) -> StaticVectors {
        try open(MappedFile.opened(path))
    }

    static func open(_ file: MappedFile) throws(CheckpointError) -> StaticVectors {
        if FastTextReader.recognizes(file) { return try FastTextReader(file).read() }
        if file.bytes.starts(with: "GGUF".utf8) {
            throw CheckpointError(
                path: file.path, reason: "this is a GGUF file, no file of word vectors",
                remedy: "Use it as a language model, or name a word2vec, GloVe or fastText file")
        }
        return try WordVectorReader(file).read()
    }
}

extension StaticVectors {
    /// Whether a file begins like one of word vectors.
    package static func recognizes(_ path: String) -> Bool {
        guard let file = try? MappedFile.opened(path), !file.bytes.starts(with: "GGUF".utf8) else { return false }
        return FastTextReader.recognizes(file) || WordVectorReader(file).recognizesFirstLine
    }
}
