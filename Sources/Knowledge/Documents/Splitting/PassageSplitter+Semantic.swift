/// The sentences of a document, each with its neighbours, and where a section ends with one.
package struct SentenceWindows: Sendable, Hashable {
    /// What is embedded: a sentence between the ones before and behind it.
    package var texts: [String] = []
    var endsSection: [Bool] = []
}

/// After which sentences the subject changes: where the next one's vector is farther away than 95 of 100 are in the document
/// (the breakpoints of LlamaIndex's semantic splitter).
struct SubjectChanges {
    static let percentile = 0.95

    private var changes: ArraySlice<Bool> = []

    /// None.
    init() {}

    /// By the vectors of all sentences.
    init(_ windows: SentenceWindows, vectors: [[Float]]) {
        let distances = windows.endsSection.indices.map { place -> Float? in
            guard !windows.endsSection[place], place + 1 < vectors.count else { return nil }
            return Self.distance(vectors[place], vectors[place + 1])
        }
        let sorted = distances.compactMap { $0 }.sorted()
        guard !sorted.isEmpty else { return }
        let limit = sorted[Int(Self.percentile * Double(sorted.count - 1))]
        changes = distances.map { $0.map { $0 > limit } ?? false }[...]
    }

    /// Whether the subject changes after the next sentence.
    mutating func next() -> Bool { changes.popFirst() ?? false }

    private static func distance(_ a: [Float], _ b: [Float]) -> Float {
        func dot(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        let length = (dot(a, a) * dot(b, b)).squareRoot()
        return length > 0 ? 1 - dot(a, b) / length : 0
    }
}
