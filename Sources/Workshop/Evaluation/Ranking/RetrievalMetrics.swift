/// How good rankings of documents are (the numbers of trec_eval).
///
/// All metrics rank by falling score and, where scores are equal, by falling document id (byte by byte), as trec_eval does: no metric
/// depends on the order in which documents were given.
public struct RetrievalMetrics: Sendable {
    /// What is measured; the number is how many documents of each ranking count, all if nil.
    public enum Metric: Sendable, Hashable {
        /// Discounted cumulative gain over the ideal one, with the grade itself as gain (Järvelin and Kekäläinen, 2002).
        case ndcg(Int?)
        /// One over the rank of the first relevant document.
        case reciprocalRank(Int?)
        /// The share of relevant documents that are found.
        case recall(Int?)
        /// The share of the first documents that are relevant.
        case precision(Int)
        /// The mean precision at the ranks of relevant documents, those not found counting 0.
        case averagePrecision(Int?)
        /// Whether any relevant document is found.
        case hit(Int?)
    }

    /// Grades and, in order, the grades of what was retrieved.
    private struct Query {
        var name: String
        var ideal: [Int]
        var ranking: [Int]
    }

    private let queries: [Query]
    /// Judged queries that the run says nothing about; they count 0.
    public let missingQueries: [String]

    /// Ranks a run's documents.
    ///
    /// - Parameters:
    ///   - judgments: by query and document a grade, 0 and less for irrelevant ones.
    ///   - run: by query and document a score.
    /// - Throws: `EvaluationError` if no query has a relevant document, or a score is not a number.
    public init(judgments: [String: [String: Int]], run: [String: [String: Double]]) throws(EvaluationError) {
        var (queries, missing) = ([Query](), [String]())
        for (name, grades) in judgments.sorted(by: { $0.key < $1.key }) {
            let ideal = grades.values.filter { $0 > 0 }.sorted(by: >)
            guard !ideal.isEmpty else { continue }
            let scores = run[name] ?? [:]
            if let document = scores.first(where: { $0.value.isNaN }) {
                throw EvaluationError(.data, at: "query \(name), document \(document.key)", "its score is not a number")
            }
            if scores.isEmpty { missing.append(name) }
            let ranking = scores.sorted { first, second in
                first.value != second.value
                    ? first.value > second.value : second.key.utf8.lexicographicallyPrecedes(first.key.utf8)
            }
            queries.append(Query(name: name, ideal: ideal, ranking: ranking.map { max(grades[$0.key] ?? 0, 0) }))
        }
        guard !queries.isEmpty else {
            throw EvaluationError(.empty, at: "judgments", "no query has a relevant document")
        }
        self.queries = queries
        missingQueries = missing
    }

    /// The mean over all judged queries that have a relevant document.
    public func mean(_ metric: Metric) -> Double { queries.map { Self.value(metric, $0) }.mean }

    /// Each query's value.
    public func values(_ metric: Metric) -> [String: Double] {
        Dictionary(uniqueKeysWithValues: queries.map { ($0.name, Self.value(metric, $0)) })
    }

    private static func value(_ metric: Metric, _ query: Query) -> Double {
        func top(_ count: Int?) -> ArraySlice<Int> { query.ranking.prefix(max(count ?? .max, 0)) }
        func found(_ count: Int?) -> Int { top(count).count { $0 > 0 } }
        switch metric {
        case .ndcg(let count):
            let ideal = gain(query.ideal.prefix(max(count ?? .max, 0)))
            return ideal > 0 ? gain(top(count)) / ideal : 0
        case .reciprocalRank(let count):
            return top(count).firstIndex { $0 > 0 }.map { 1 / Double($0 + 1) } ?? 0
        case .recall(let count): return Double(found(count)) / Double(query.ideal.count)
        case .precision(let count): return count > 0 ? Double(found(count)) / Double(count) : 0
        case .averagePrecision(let count):
            var (hits, sum) = (0, 0.0)
            for (rank, grade) in top(count).enumerated() where grade > 0 {
                hits += 1
                sum += Double(hits) / Double(rank + 1)
            }
            return sum / Double(query.ideal.count)
        case .hit(let count): return found(count) > 0 ? 1 : 0
        }
    }

    private static func gain(_ grades: ArraySlice<Int>) -> Double {
        grades.enumerated().reduce(0) { $0 + Double($1.element) / (Double($1.offset + 2).logarithm / 2.0.logarithm) }
    }
}
