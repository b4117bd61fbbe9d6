/// Hypotheses and, for each, its references.
public struct TextPairs: Sendable, Hashable {
    /// What is judged.
    public let hypotheses: [String]
    /// For each hypothesis the texts that it is compared with; at least one.
    public let references: [[String]]

    /// Puts hypotheses and streams of references together.
    ///
    /// - Parameter streams: each with one reference for every hypothesis.
    /// - Throws: `EvaluationError` of kind `.countMismatch`, or `.empty` if there are no texts or no reference has a word.
    public init(hypotheses: [String], references streams: [[String]]) throws(EvaluationError) {
        guard !streams.isEmpty else {
            throw EvaluationError(.empty, at: "references", "there are none", remedy: "give at least one list")
        }
        for (index, stream) in streams.enumerated() where stream.count != hypotheses.count {
            throw EvaluationError(
                .countMismatch, at: "references \(index + 1)",
                "there are \(stream.count) texts for \(hypotheses.count) hypotheses",
                remedy: "each line of one belongs to the same line of the other")
        }
        try self.init(
            hypotheses: hypotheses,
            referencesOfEach: hypotheses.indices.map { index in streams.map { $0[index] } })
    }

    /// Puts hypotheses and the references of each together.
    ///
    /// - Throws: as the other initializer does, and if a hypothesis has no reference.
    public init(hypotheses: [String], referencesOfEach references: [[String]]) throws(EvaluationError) {
        guard hypotheses.count == references.count else {
            throw EvaluationError(
                .countMismatch, at: "references", "there are \(references.count) for \(hypotheses.count) hypotheses")
        }
        guard !hypotheses.isEmpty else {
            throw EvaluationError(.empty, at: "hypotheses", "there are no texts", remedy: "give one a line")
        }
        if let index = references.firstIndex(where: \.isEmpty) {
            throw EvaluationError(.empty, at: "hypothesis \(index + 1)", "it has no reference")
        }
        guard references.contains(where: { $0.contains { !$0.strippedOfSpace.isEmpty } }) else {
            throw EvaluationError(
                .empty, at: "references", "all \(references.count) are empty",
                remedy: "check that the file is the right one")
        }
        self.hypotheses = hypotheses
        self.references = references
    }

    /// The number of hypotheses.
    public var count: Int { hypotheses.count }

    /// The number of references of each hypothesis; nil if they differ.
    public var referenceCount: Int? {
        let count = references.first?.count
        return references.allSatisfy { $0.count == count } ? count : nil
    }

    /// The count as signatures have it.
    var referenceCountText: String { referenceCount.map(String.init) ?? "var" }
}
