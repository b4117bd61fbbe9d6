import Tokenization

/// A text in pieces that a model reads one by one, as llama.cpp cuts it to measure perplexity.
package enum TextWindows {
    /// Cuts tokens into windows of `size`, at most `limit` of them; the rest at the end is left out.
    ///
    /// - Parameter begin: the token that texts begin with, which takes the place of each window's first; nil if there is none.
    package static func cut(_ tokens: [Int32], begin: Int32?, size: Int, limit: Int?) -> [[Int32]] {
        (0..<min(limit ?? .max, tokens.count / size)).map { index in
            var window = Array(tokens[index * size..<(index + 1) * size])
            if let begin { window[0] = begin }
            return window
        }
    }
}

extension Tokenizer {
    func windows(of text: String, size: Int, limit: Int?) -> [[Int32]] {
        TextWindows.cut(
            encode(text, addSpecialTokens: true, parseSpecialTokens: false),
            begin: encode("", addSpecialTokens: true, parseSpecialTokens: false).first, size: size, limit: limit)
    }
}
