import Foundation
import JSONValues
import Testing

@testable import Evaluation

/// Numbers of scikit-learn (scripts/make_judging_fixtures.py).
struct VerdictTests {
    static func file(_ name: String, _ text: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString)-\(name)").path()
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test func ratingsAreFastChats() throws {
        let data = try Fixtures.json("judging.json")
        let lines = (data["votes"]?.arrayValue ?? []).map { $0.text() }.joined(separator: "\n")
        let battles = try VoteFile.read(try Self.file("votes.jsonl", lines))
        #expect(battles.count == 400)
        let ratings = try Arena.bradleyTerry(battles, prior: 1e-9)
        let mean = ratings.values.reduce(0, +) / Double(ratings.count)
        for (name, expected) in try #require(data["ratings"]?.objectValue) {
            let mine = (ratings[name] ?? 0) - mean
            #expect(mine.isClose(to: expected.doubleValue, within: 1e-4), "\(name): \(mine), not \(expected)")
        }
    }

    @Test func tablesHaveAllOfAnArena() throws {
        let battles = [
            Battle("a", "b", .first), Battle("b", "a", .second), Battle("a", "b", .tie), Battle("c", "b", .second),
        ]
        let table = try ArenaTable(battles)
        #expect(table.players.map(\.name) == ["a", "b", "c"] && table.players.allSatisfy { $0.rating.isFinite })
        #expect(table.players[0].wins == 2 && table.players[0].ties == 1 && table.players[0].losses == 0)
        #expect(table.winRates[0][1]?.isClose(to: 2.5 / 3) == true && table.winRates[0][2] == nil)
        #expect(table.json["win_rates"]?["b"]?["c"]?.doubleValue == 1)
        #expect(table.markdown.contains("| a |") && table.html.contains("<svg") && !table.html.contains("<script"))
    }

    @Test(arguments: [
        ("{\"model_a\": \"x\", \"model_b\": \"y\"}", "line 1", "winner"),
        ("\n{\"model_a\": \"x\", \"model_b\": \"y\", \"winner\": \"x\"}", "line 2", "winner is x"),
        ("{\"model_a\": \"x\", \"model_b\": \"x\", \"winner\": \"tie\"}", "line 1", "itself"),
        ("", "votes", "no votes"),
    ])
    func badVotesAreNamed(_ text: String, _ place: String, _ reason: String) throws {
        let error = #expect(throws: EvaluationError.self) { try VoteFile.read(try Self.file("votes.jsonl", text)) }
        #expect(error?.place.contains(place) == true && error?.reason.contains(reason) == true)
    }

    @Test func lengthIsControlledAsScikitLearnFits() throws {
        let data = try Fixtures.json("judging.json")
        let pairs = (data["pairs"]?.arrayValue ?? []).map { entry -> PairwiseVerdicts.Pair in
            let score = entry["score"]?.doubleValue ?? 0
            let outcome: Battle.Outcome = score == 1 ? .first : score == 0 ? .second : .tie
            return PairwiseVerdicts.Pair(
                inOrder: outcome, swapped: outcome, firstLength: entry["lengths"]?[0]?.intValue ?? 0,
                secondLength: entry["lengths"]?[1]?.intValue ?? 0)
        }
        let verdicts = try PairwiseVerdicts(pairs)
        #expect(
            verdicts.lengthControlledWinRate?.isClose(to: data["length_controlled"]?.doubleValue, within: 1e-6) == true)
        let separable = try LogisticRegression.fit([[1, 0.5], [1, -0.2], [1, 0.1]], targets: [1, 1, 1])
        for (mine, expected) in zip(separable, data["separable"]?.numbers ?? []) {
            #expect(mine.isClose(to: expected, within: 1e-6))
        }
    }

    @Test func positionsAndTiesAreCounted() throws {
        func pair(_ inOrder: Battle.Outcome, _ swapped: Battle.Outcome) -> PairwiseVerdicts.Pair {
            PairwiseVerdicts.Pair(inOrder: inOrder, swapped: swapped, firstLength: 9, secondLength: 9)
        }
        // A judge that always chooses what is shown first.
        let biased = try PairwiseVerdicts([pair(.first, .second), pair(.first, .second)])
        #expect(biased.winRate.value == 0.5 && biased.consistency == 0 && biased.firstShownShare == 1)
        let fair = try PairwiseVerdicts([pair(.first, .first), pair(.second, .second), pair(.tie, .first)])
        #expect(fair.winRate.value == 0.5 && fair.consistency.isClose(to: 2.0 / 3) && fair.count(.tie) == 1)
        #expect(fair.firstShownShare?.isClose(to: 0.4) == true)
        #expect(try PairwiseVerdicts([pair(.tie, .tie)]).firstShownShare == nil)
        #expect(throws: EvaluationError.self) { try PairwiseVerdicts([]) }
    }
}
