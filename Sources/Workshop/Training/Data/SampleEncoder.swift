import Tokenization

/// Turns texts into tokens and the weights by which they are learned.
struct SampleEncoder {
    /// What became of texts that are too long or too short.
    enum Outcome {
        case sequences([TrainingSequence], wasCut: Bool)
        case tooLong(Int)
        case tooShort
        case nothingToLearn
    }

    let tokenizer: Tokenizer
    /// The token that ends a text.
    let endOfText: Int32?
    /// The tokens that end an answer.
    let ends: Set<Int32>
    let sequenceLength: Int
    let excess: TrainingRecipe.Excess
    let minimumLength: Int
    let trainsOnInputs: Bool
    /// How the model reads the texts of pairs.
    var pairs: TextFormat.PairFormat?

    func encode(_ sample: SampleText) throws(TrainingError) -> Outcome {
        var (tokens, isEnd) = tokens(of: sample)
        var weights = try weights(of: sample, tokens, isEnd)
        if let weight = sample.endWeight, let endOfText, tokens.last?.id != endOfText {
            tokens.append(EncodedToken(id: endOfText, byteRange: 0..<0))
            isEnd.append(true)
            weights.append(weight)
        }
        if trainsOnInputs { weights = weights.map { _ in 1 } }
        let sequence = TrainingSequence(tokens: tokens.map(\.id), weights: weights)
        if tokens.count < max(minimumLength, 2) { return .tooShort }
        guard sequence.learnedCount > 0 else { return .nothingToLearn }
        guard tokens.count > sequenceLength else { return .sequences([sequence], wasCut: false) }
        if sample.isSplit { return .sequences(pieces(of: sequence), wasCut: false) }
        switch excess {
        case .drop: return .tooLong(tokens.count)
        case .fail:
            throw TrainingError(
                .data, at: sample.place, "has \(tokens.count) tokens, and sequence_len is \(sequenceLength)",
                remedy: "raise sequence_len, or set excess_length_strategy to drop or truncate")
        case .truncate:
            let cut = TrainingSequence(
                tokens: Array(sequence.tokens.prefix(sequenceLength)), weights: Array(weights.prefix(sequenceLength)))
            return cut.learnedCount > 0 ? .sequences([cut], wasCut: true) : .nothingToLearn
        }
    }

    /// Texts that belong together, each as the model reads it by itself, and whether one had to be cut.
    func encodeTogether(_ samples: [SampleText]) -> (sequence: TrainingSequence, wasCut: Bool) {
        var sequence = TrainingSequence(tokens: [], weights: [])
        var wasCut = false
        for sample in samples {
            let framed = tokenizer.frame(
                pairs?.lowercases == true ? sample.text.lowercased() : sample.text,
                maximumLength: min(sequenceLength, pairs?.maximumTokens ?? sequenceLength))
            sequence.tokens += framed.ids
            sequence.parts.append(framed.ids.count)
            wasCut = wasCut || framed.omitted > 0
        }
        sequence.weights = [Float](repeating: 1, count: sequence.tokens.count)
        return (sequence, wasCut)
    }

    /// A long text in pieces of the sequence length. Each begins with the last token of the one before, so that every token is
    /// learned once.
    private func pieces(of sequence: TrainingSequence) -> [TrainingSequence] {
        stride(from: 0, to: sequence.tokens.count - 1, by: sequenceLength - 1).map { start in
            let end = min(start + sequenceLength, sequence.tokens.count)
            return TrainingSequence(
                tokens: Array(sequence.tokens[start..<end]), weights: Array(sequence.weights[start..<end]))
        }
    }

    /// The tokens with their places, and for each whether it ends an answer.
    private func tokens(of sample: SampleText) -> (tokens: [EncodedToken], isEnd: [Bool]) {
        var tokens = tokenizer.encodeWithOffsets(
            sample.text, plainRanges: sample.plain, addSpecialTokens: sample.isFramed)
        // A model that is asked with what stands before a learned part sees that part's first token whole.
        let cuts = sample.learned.map(\.range.lowerBound).filter { cut in
            tokens.contains { $0.byteRange.lowerBound < cut && cut < $0.byteRange.upperBound }
        }
        if !cuts.isEmpty { tokens = pieces(of: sample, cuts: cuts) }
        return (tokens, tokens.map { ends.contains($0.id) || $0.id == endOfText })
    }

    private func pieces(of sample: SampleText, cuts: [Int]) -> [EncodedToken] {
        let bytes = Array(sample.text.utf8)
        var tokens: [EncodedToken] = []
        let bounds = [0] + Set(cuts).sorted() + [bytes.count]
        for (start, end) in zip(bounds, bounds.dropFirst()) where start < end {
            let plain = sample.plain.map { $0.clamped(to: start..<end) }.filter { !$0.isEmpty }
                .map { $0.lowerBound - start..<$0.upperBound - start }
            let piece = tokenizer.encodeWithOffsets(
                String(decoding: bytes[start..<end], as: UTF8.self), plainRanges: plain,
                addSpecialTokens: sample.isFramed && start == 0)
            tokens += piece.map {
                EncodedToken(id: $0.id, byteRange: $0.byteRange.lowerBound + start..<$0.byteRange.upperBound + start)
            }
        }
        return tokens
    }

    private func weights(
        of sample: SampleText, _ tokens: [EncodedToken], _ isEnd: [Bool]
    ) throws(TrainingError) -> [Float] {
        var weights = [Float](repeating: 0, count: tokens.count)
        if sample.learnsAllEnds { for index in tokens.indices where isEnd[index] { weights[index] = 1 } }
        for span in sample.learned {
            guard
                var index = tokens.firstIndex(where: {
                    !$0.byteRange.isEmpty && $0.byteRange.lowerBound >= span.range.lowerBound
                })
            else { continue }
            var isOver = false
            while !isOver, index < tokens.count, tokens[index].byteRange.lowerBound < span.range.upperBound {
                isOver = span.stopsAtEnd && isEnd[index]
                weights[index] = isOver ? span.endWeight : span.weight
                index += 1
            }
            guard span.stopsAtEnd, !isOver else { continue }
            // Some templates end an answer with the token that begins the next turn.
            if span.isEndKnown, index < tokens.count, isEnd[index] {
                weights[index] = span.endWeight
            } else if !span.isEndKnown {
                throw TrainingError(
                    .data, at: "\(sample.place), turn \(span.turn ?? 0)",
                    "the chat template writes this turn differently once others follow, and no end token after it",
                    remedy: "choose another chat_template, or end the conversation here")
            }
        }
        return weights
    }
}
