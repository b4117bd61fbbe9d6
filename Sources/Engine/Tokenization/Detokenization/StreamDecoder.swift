/// Decodes tokens as they arrive; what it returns, put together, is what ``Tokenizer/decode(_:skipSpecialTokens:)``
/// returns for all of them.
public struct StreamDecoder: Sendable {
    private let pipeline: Pipeline
    private let hidden: Set<Int32>
    private var stages: [DecoderStage] = []
    private var assembler = UTF8Assembler()

    init(_ pipeline: Pipeline, skipsSpecialTokens: Bool, visible: Set<Int32>) {
        self.pipeline = pipeline
        hidden = skipsSpecialTokens ? pipeline.specialIDs.subtracting(visible) : []
        var isFused = false
        for step in pipeline.decoder {
            stages.append(DecoderStage(step, isFused: isFused))
            isFused = isFused || step.joinsTokens
        }
    }

    /// Takes the next token and returns the text that is certain now; empty while a character is incomplete.
    public mutating func append(_ id: Int32) -> String {
        guard let piece = pipeline.vocabulary.piece(id) else { return "" }
        if hidden.contains(id) { return "" }
        return assembler.append(run([Array(piece)], finishing: false))
    }

    /// Ends the text: returns what was held back, with U+FFFD for an incomplete character.
    public mutating func finish() -> String { finish(appending: []) }

    /// Ends the text with bytes that come from no token.
    package mutating func finish(appending end: [UInt8]) -> String {
        let text = assembler.append(run([], finishing: true) + end)
        return text + assembler.finish()
    }

    private mutating func run(_ tokens: [[UInt8]], finishing: Bool) -> [UInt8] {
        var tokens = tokens
        for index in stages.indices {
            var output: [[UInt8]] = []
            for token in tokens { stages[index].push(token) { output.append($0) } }
            if finishing { stages[index].finish { output.append($0) } }
            tokens = output
        }
        return tokens.count == 1 ? tokens[0] : Array(tokens.joined())
    }
}
