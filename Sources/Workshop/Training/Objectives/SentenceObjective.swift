import Architectures
import Checkpoints
import Inference
import Tensors

/// Texts that belong together get vectors that are alike: each sequence is an anchor, a text that is like it and perhaps one that
/// is not.
struct SentenceObjective: TrainingObjective {
    let loss: SentenceLoss
    /// How a text's states become its vector.
    let pooling: SentencePooling

    /// - Throws: `TrainingError` for a model whose vectors come about in another way.
    init(_ loss: SentenceLoss, model: String) throws {
        self.loss = loss
        let folder = ModuleFolder(model)
        let modules = try SentenceModules(folder) ?? SentenceModules(plain: folder)
        func refusal(_ reason: String) -> TrainingError {
            TrainingError(
                .model, at: model, reason, remedy: "name a sentence encoder whose one network is pooled once")
        }
        guard !modules.hasLayers else { throw refusal("has a Dense module, which is not trained") }
        guard modules.network.path == folder.path else { throw refusal("has its network in a folder of its own") }
        guard modules.pooling.modes.count == 1, let mode = modules.pooling.modes.first, mode != .max else {
            throw refusal("pools in more ways than one, or by the largest values")
        }
        pooling = SentencePooling(mode: mode, normalizes: modules.normalizes)
    }

    func weight(of batches: [[TrainingSequence]]) -> Double { batches.reduce(0) { $0 + Double($1.count) } }

    func loss(of batch: [TrainingSequence], factor: Double, _ network: Network<TapedOperations>) -> Double {
        var (tokens, spans) = ([Int32](), [BatchSpan<TapedSequence>]())
        for sequence in batch {
            var rest = sequence.tokens[...]
            for part in sequence.parts {
                let text = rest.prefix(part)
                rest = rest.dropFirst(part)
                spans.append(
                    BatchSpan(rows: tokens.count..<tokens.count + part, firstPosition: 0, cache: TapedSequence()))
                tokens += text
            }
        }
        let operations = network.operations
        let states = network.hiddenStates(tokens: tokens, spans: spans, outputRows: Array(tokens.indices))
        let values = operations.read(states)
        let width = network.spec.hiddenSize
        let texts = spans.map {
            pooling.vector(of: values[$0.rows.lowerBound * width..<$0.rows.upperBound * width], width)
        }
        let (sum, gradients) = loss.value(PairBatch(batch, texts.map(\.vector)))
        guard operations.isRecording else {
            operations.discard()
            return sum
        }
        var gradient = [Float](repeating: 0, count: values.count)
        for ((span, text), outer) in zip(zip(spans, texts), gradients) {
            pooling.lead(
                outer.map { $0 * factor }, of: text, to: &gradient,
                rows: span.rows.lowerBound * width..<span.rows.upperBound * width)
        }
        operations.backward(from: states, gradient: gradient)
        return sum
    }
}

/// How the states of a text become one vector, and the way back.
struct SentencePooling {
    /// The pooled states, before and after they were brought to length 1.
    struct Pooled {
        let vector: [Double]
        let length: Double
    }

    let mode: Pooling.Mode
    /// Whether vectors are brought to length 1.
    let normalizes: Bool

    /// The vector of a text's states, row after row.
    func vector(of states: ArraySlice<Float>, _ width: Int) -> Pooled {
        let rows = states.count / width
        var vector = [Double](repeating: 0, count: width)
        for row in 0..<rows {
            let share = share(row, of: rows)
            guard share != 0 else { continue }
            for channel in 0..<width {
                vector[channel] += share * Double(states[states.startIndex + row * width + channel])
            }
        }
        guard normalizes else { return Pooled(vector: vector, length: 1) }
        let length = max(vector.reduce(0) { $0 + $1 * $1 }.squareRoot(), 1e-12)
        return Pooled(vector: vector.map { $0 / length }, length: length)
    }

    /// Adds the gradient of a vector to that of its states.
    func lead(_ outer: [Double], of text: Pooled, to gradient: inout [Float], rows: Range<Int>) {
        let width = outer.count
        var inner = outer
        if normalizes {
            let along = zip(outer, text.vector).reduce(0) { $0 + $1.0 * $1.1 }
            inner = zip(outer, text.vector).map { ($0 - along * $1) / text.length }
        }
        for row in 0..<rows.count / width {
            let share = share(row, of: rows.count / width)
            guard share != 0 else { continue }
            for channel in 0..<width {
                gradient[rows.lowerBound + row * width + channel] += Float(share * inner[channel])
            }
        }
    }

    /// How much a row counts.
    private func share(_ row: Int, of count: Int) -> Double {
        switch mode {
        case .first: row == 0 ? 1 : 0
        case .last: row == count - 1 ? 1 : 0
        case .meanSquareRoot: 1 / Double(count).squareRoot()
        case .weightedMean: 2 * Double(row + 1) / Double(count * (count + 1))
        case .mean, .max: 1 / Double(count)
        }
    }
}
