import JSONValues
package import Tokenization

/// Shows tokens and what of them is learned.
package struct SequencePreview {
    private let tokenizer: Tokenizer

    package init(tokenizer: Tokenizer) { self.tokenizer = tokenizer }

    /// A line for each token: its id, its weight, and how it is written.
    package func table(_ sequence: TrainingSequence) -> String {
        zip(sequence.tokens, sequence.weights).map { token, weight in
            let piece = JSON.string(String(decoding: tokenizer.bytes(of: token), as: UTF8.self)).text()
            return "\(token)\t\(Self.text(weight))\t\(piece)\n"
        }.joined()
    }

    /// The text with what is learned in colour: green for whole weights, yellow for others; special tokens are bold.
    package func coloured(_ sequence: TrainingSequence) -> String {
        var text = ""
        // Neighbours of one kind are decoded together: a character may lie across tokens.
        var run: (tokens: [Int32], style: String) = ([], "")
        func finish() {
            if !run.tokens.isEmpty { text += styled(tokenizer.decode(run.tokens), run.style) }
            run.tokens = []
        }
        for (token, weight) in zip(sequence.tokens, sequence.weights) {
            let colour = weight == 0 ? "2" : weight == 1 ? "32" : "33"
            let style = tokenizer.isSpecial(token) ? "1;\(colour)" : colour
            if style != run.style { finish() }
            run.style = style
            run.tokens.append(token)
        }
        finish()
        return text
    }

    /// Each line is coloured by itself, as pagers want it.
    private func styled(_ text: String, _ style: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "" : "\u{1B}[\(style)m\($0)\u{1B}[0m" }.joined(separator: "\n")
    }

    private static func text(_ weight: Float) -> String {
        weight == weight.rounded() ? String(Int(weight)) : String(weight)
    }
}
