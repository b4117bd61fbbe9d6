public import JSONValues
import Vectors

/// Makes vectors of texts, for what is chosen by likeness.
public protocol TextVectors: Sendable {
    /// The vectors of texts, in their order.
    func vectors(of texts: [String]) async throws -> [[Float]]
}

/// A prompt with worked examples, of which the fitting ones are shown.
///
/// ```swift
/// import Swiftlet
///
/// let prompt = FewShotPrompt(
///     examples: [["word": "big", "opposite": "small"], ["word": "hot", "opposite": "cold"]],
///     example: try PromptTemplate("{word}: {opposite}"), suffix: try PromptTemplate("{word}:"))
/// print(try await prompt.render(["word": "dark"]))
/// ```
public struct FewShotPrompt: Sendable {
    /// Which examples are shown.
    public enum Selector: Sendable {
        /// All of them.
        case all
        /// As many as stay within a number of words, the prompt's other parts included.
        case length(words: Int)
        /// Those most like the input.
        case similarity(count: Int, any TextVectors)
        /// Those like the input and unlike each other (MMR); lambda 1 looks at likeness alone.
        case diversity(count: Int, lambda: Float, any TextVectors)
    }

    private let examples: [[String: JSON]]
    private let example: PromptTemplate
    private let prefix: PromptTemplate?
    private let suffix: PromptTemplate
    private let separator: String
    private let selector: Selector

    /// Makes a prompt.
    ///
    /// - Parameters:
    ///   - example: How each example is written.
    ///   - prefix: What stands above the examples.
    ///   - suffix: What stands below them: the input in the form of an example that the model is to complete.
    public init(
        examples: [[String: JSON]], example: PromptTemplate, prefix: PromptTemplate? = nil, suffix: PromptTemplate,
        separator: String = "\n\n", selector: Selector = .all
    ) {
        (self.examples, self.example, self.prefix, self.suffix) = (examples, example, prefix, suffix)
        (self.separator, self.selector) = (separator, selector)
    }

    /// The text for an input.
    public func render(_ values: [String: JSON]) async throws -> String {
        let texts = try examples.map { try example.render($0) }
        let (head, tail) = (try prefix?.render(values), try suffix.render(values))
        let chosen = try await choose(texts, for: tail, within: [head, tail].compactMap { $0 })
        return ([head] + chosen.map { texts[$0] } + [tail]).compactMap { $0 }.joined(separator: separator)
    }

    private func choose(_ texts: [String], for input: String, within parts: [String]) async throws -> [Int] {
        switch selector {
        case .all: return Array(texts.indices)
        case .length(let words):
            var left = words - parts.reduce(0) { $0 + Self.words($1) }
            return texts.indices.prefix { place in
                left -= Self.words(texts[place])
                return left >= 0
            }
        case .similarity(let count, let encoder):
            return try await nearest(texts, input, count: count, lambda: 1, encoder)
        case .diversity(let count, let lambda, let encoder):
            return try await nearest(texts, input, count: count, lambda: lambda, encoder)
        }
    }

    /// The most fitting example stands last, next to the input.
    private func nearest(
        _ texts: [String], _ input: String, count: Int, lambda: Float, _ encoder: any TextVectors
    ) async throws -> [Int] {
        var vectors = try await encoder.vectors(of: texts + [input])
        guard vectors.count == texts.count + 1, let query = vectors.popLast() else { return [] }
        return MarginalRelevance.choose(query, from: vectors, count: count, lambda: lambda).reversed()
    }

    private static func words(_ text: String) -> Int { text.split(whereSeparator: \.isWhitespace).count }
}
