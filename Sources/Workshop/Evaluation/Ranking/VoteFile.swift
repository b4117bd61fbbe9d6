import JSONValues

/// Votes of an arena, as FastChat keeps them: `model_a`, `model_b` and `winner`, a line each.
public enum VoteFile {
    /// Reads votes from JSON lines, a JSON list or CSV. The winner is `model_a`, `model_b`, `tie` or `tie (bothbad)`.
    ///
    /// - Throws: `EvaluationError` naming file and line.
    public static func read(_ path: String) throws(EvaluationError) -> [Battle] {
        var battles: [Battle] = []
        for (place, vote) in try TaskDocuments.located(path) {
            func name(_ key: String) throws(EvaluationError) -> String {
                guard let name = vote[key]?.stringValue, !name.isEmpty else {
                    throw EvaluationError(
                        .data, at: place, "has no \(key)", remedy: "a vote has model_a, model_b and winner")
                }
                return name
            }
            let (first, second, winner) = (try name("model_a"), try name("model_b"), try name("winner"))
            guard first != second else { throw EvaluationError(.data, at: place, "\(first) meets itself") }
            let outcomes: [String: Battle.Outcome] = [
                "model_a": .first, "model_b": .second, "tie": .tie, "tie (bothbad)": .tie,
            ]
            guard let outcome = outcomes[winner] else {
                throw EvaluationError(
                    .data, at: place, "the winner is \(winner)",
                    remedy: "it is model_a, model_b, tie or tie (bothbad)")
            }
            battles.append(Battle(first, second, outcome))
        }
        guard !battles.isEmpty else { throw EvaluationError(.empty, at: path, "has no votes") }
        return battles
    }
}
