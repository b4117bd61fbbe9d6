public import Evaluation
public import JSONValues

extension JudgeRun {
    /// The scores of the answers that have one.
    public var scores: [Double] { verdicts.compactMap { $0.score.map(Double.init) } }

    /// The verdicts about pairs; nil if answers were judged one by one.
    public var pairs: PairwiseVerdicts? { try? PairwiseVerdicts(verdicts.compactMap(\.pair)) }

    /// How well the judge agrees with people's labels: Cohen's kappa, and for scores Spearman's correlation. Nil without labels.
    public var agreement: (kappa: Double, accuracy: Double, correlation: Double?, labels: Int)? {
        let labelled = verdicts.compactMap { verdict -> (person: JSON, judge: JSON)? in
            guard let label = verdict.item.label else { return nil }
            if let score = verdict.score { return (label, .integer(score)) }
            let names: [Battle.Outcome: JSON] = [.first: "win", .second: "loss", .tie: "tie"]
            return verdict.pair.flatMap { names[$0.outcome] }.map { (label, $0) }
        }
        func text(_ value: JSON) -> String { value.stringValue ?? value.text() }
        guard
            let table = try? LabelAgreement(
                expected: labelled.map { text($0.person) }, predicted: labelled.map { text($0.judge) })
        else { return nil }
        let numbers = labelled.compactMap { pair in
            pair.person.doubleValue.flatMap { person in pair.judge.doubleValue.map { (person, $0) } }
        }
        let correlation =
            numbers.count == labelled.count
            ? try? Correlation.spearman(numbers.map(\.0), numbers.map(\.1)) : nil
        return (table.cohensKappa, table.accuracy, correlation, labelled.count)
    }

    /// Names of contestants that the judge itself is: it may favour its own answers.
    public var selfJudged: Bool {
        verdicts.contains { $0.item.model == judge || $0.item.otherModel == judge }
    }

    /// One object: the judge, counts, the score or the win rate with what may sway it, and the agreement with labels.
    public var json: JSON {
        let failed = verdicts.count { $0.failure != nil }
        var members: JSON.Object = [
            "judge": .string(judge), "answers": .integer(verdicts.count), "failed": .integer(failed),
            "judges_itself": .bool(selfJudged),
        ]
        if let pairs {
            let rate = pairs.winRate
            members["win_rate"] = .number(rate.value)
            if let error = rate.error { members["win_rate_stderr"] = .number(error) }
            if let value = pairs.lengthControlledWinRate { members["length_controlled_win_rate"] = .number(value) }
            for (name, outcome) in [("wins", Battle.Outcome.first), ("losses", .second), ("ties", .tie)] {
                members[name] = .integer(pairs.count(outcome))
            }
            members["consistency"] = .number(pairs.consistency)
            if let share = pairs.firstShownShare { members["first_shown_share"] = .number(share) }
        } else {
            let scores = scores
            members["score"] = .number(scores.reduce(0, +) / Double(max(scores.count, 1)))
            if let error = TaskMetrics.standardError(scores) { members["score_stderr"] = .number(error) }
            members["histogram"] = .array((1...10).map { score in .integer(scores.count { $0 == Double(score) }) })
        }
        if let agreement {
            var entry: JSON.Object = [
                "labels": .integer(agreement.labels), "cohens_kappa": .number(agreement.kappa),
                "accuracy": .number(agreement.accuracy),
            ]
            if let value = agreement.correlation { entry["spearman"] = .number(value) }
            members["agreement"] = .object(entry)
        }
        return .object(members)
    }

    /// The verdicts, an object each.
    public var lines: [JSON] {
        verdicts.map { verdict in
            var members: JSON.Object = [
                "question": .string(verdict.item.question), "answer": .string(verdict.item.answer),
            ]
            if let other = verdict.item.other { members["against"] = .string(other) }
            if let label = verdict.item.label { members["label"] = label }
            if let score = verdict.score { members["score"] = .integer(score) }
            if let pair = verdict.pair {
                members["verdict"] = .string(Self.name(pair.outcome))
                members["shown_first"] = .string(Self.name(pair.inOrder))
                members["shown_second"] = .string(Self.name(pair.swapped))
            }
            if !verdict.explanation.isEmpty { members["explanation"] = .string(verdict.explanation) }
            if let failure = verdict.failure { members["failure"] = .string(failure) }
            return .object(members)
        }
    }

    /// The verdicts as votes of an arena; both orders of a pair are one vote.
    public func votes(names: (first: String, second: String)) -> [JSON] {
        let winners: [Battle.Outcome: JSON] = [.first: "model_a", .second: "model_b", .tie: "tie"]
        return verdicts.compactMap { verdict in
            verdict.pair.map { pair in
                [
                    "model_a": .string(verdict.item.model ?? names.first),
                    "model_b": .string(verdict.item.otherModel ?? names.second), "judge": .string(judge),
                    "winner": winners[pair.outcome] ?? "tie",
                ]
            }
        }
    }

    private static func name(_ outcome: Battle.Outcome) -> String {
        switch outcome {
        case .first: "win"
        case .second: "loss"
        case .tie: "tie"
        }
    }

    /// A table of the summary.
    public var markdown: String {
        var text = "| Measure | Value |\n|---|---|\n"
        func add(_ object: JSON.Object, _ prefix: String) {
            for (name, value) in object {
                if let members = value.objectValue {
                    add(members, name + " ")
                } else {
                    let shown: String =
                        if case .number(let number) = value { number.formatted("%.4f") } else {
                            value.stringValue ?? value.text()
                        }
                    text += "| \(prefix)\(name.replacing("_", with: " ")) | \(ReportPage.cell(shown)) |\n"
                }
            }
        }
        add(json.objectValue ?? [:], "")
        if selfJudged { text += "\nThe judge is one of those that are judged: it may favour its own answers.\n" }
        return text
    }
}
