import Agents
import Vectors

/// Passages in memory, found by vectors, or by their words where there is no encoder.
actor ListedPassages: PassageSource {
    private let listed: [FoundPassage]
    private let encoder: (any TextVectors)?
    private var vectors: [[Float]]?

    init(_ listed: [FoundPassage], encoder: (any TextVectors)?) { (self.listed, self.encoder) = (listed, encoder) }

    func passages(for question: String, count: Int) async throws -> [FoundPassage] {
        guard !listed.isEmpty else { return [] }
        guard let encoder else { return byWords(question, count) }
        if vectors == nil { vectors = try await encoder.vectors(of: listed.map(\.text)) }
        guard let vectors, let query = try await encoder.vectors(of: [question]).first else { return [] }
        let chosen = MarginalRelevance.choose(query, from: vectors, count: count, lambda: 1)
        return chosen.map { place in
            var passage = listed[place]
            passage.score = zip(query, vectors[place]).reduce(0) { $0 + $1.0 * $1.1 }
            return passage
        }
    }

    /// Those with the rarest of the question's words.
    private func byWords(_ question: String, _ count: Int) -> [FoundPassage] {
        let words = listed.map { Set(Self.words($0.text)) }
        var frequency: [String: Float] = [:]
        for set in words { for word in set { frequency[word, default: 0] += 1 } }
        let asked = Set(Self.words(question))
        let scored = words.enumerated().map { place, set -> (place: Int, score: Float) in
            let score = asked.intersection(set).reduce(Float(0)) { $0 + 1 / (frequency[$1] ?? 1) }
            return (place, score)
        }
        return scored.sorted { $0.score == $1.score ? $0.place < $1.place : $0.score > $1.score }.prefix(count).map {
            var passage = listed[$0.place]
            passage.score = $0.score
            return passage
        }
    }

    private static func words(_ text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }
}
