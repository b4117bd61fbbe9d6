import JSONValues
import Testing

@testable import Evaluation

/// Numbers of SciPy and NumPy (scripts/make_comparison_fixtures.py).
struct ComparisonTests {
    @Test func exactTestsAreSciPys() throws {
        for entry in try #require(Fixtures.json("comparison.json")["mcnemar"]?.arrayValue) {
            let value = PairedTest.mcNemar(
                onlyFirst: entry[0]?.intValue ?? 0, onlySecond: entry[1]?.intValue ?? 0)
            let expected = try #require(entry[2]?.doubleValue)
            #expect(abs(value - expected) <= 1e-11 * max(expected, 1e-300) + 1e-300, "\(entry): \(value)")
        }
    }

    @Test func intervalsAreNumPys() throws {
        let data = try Fixtures.json("comparison.json")
        for entry in try #require(data["bootstrap"]?.arrayValue) {
            let interval = try PairedTest.bootstrap(
                entry["first"]?.numbers ?? [], entry["second"]?.numbers ?? [], samples: 1000)
            #expect(interval.low.isClose(to: entry["interval"]?[0]?.doubleValue, within: 1e-12))
            #expect(interval.high.isClose(to: entry["interval"]?[1]?.doubleValue, within: 1e-12))
        }
        #expect(throws: EvaluationError.self) { try PairedTest.bootstrap([1], [1, 2]) }
    }

    private static func run(_ model: String, _ values: [Int], document: (Int) -> JSON = { ["n": .integer($0)] }) -> JSON
    {
        [
            "config": ["model": .string(model)],
            "results": ["t": ["alias": "t", "acc,none": 0.5, "acc_stderr,none": 0.1, "f1,none": 0.25]],
            "samples": [
                "t": .array(
                    values.enumerated().map { index, value in
                        [
                            "doc_id": .integer(index), "doc": document(index), "filter": "none", "target": ["yes"],
                            "filtered_resps": [.string(value == 1 ? "yes" : "<no|>")], "acc": .integer(value),
                        ]
                    })
            ],
        ]
    }

    @Test func runsAreComparedQuestionByQuestion() throws {
        let comparison = try RunComparison(
            Self.run("old", [1, 0, 0, 0, 1, 1]), Self.run("new", [1, 1, 1, 1, 0, 1]))
        let row = try #require(comparison.rows.first { $0.metric == "acc" })
        #expect(row.first == 0.5 && row.difference.isClose(to: 1.0 / 3) && row.better == 3 && row.worse == 1)
        #expect(row.pValue?.isClose(to: 0.625) == true && (row.interval?.low ?? 1) < 0)
        #expect(comparison.changes.map(\.document) == [1, 2, 3, 4])
        // What is no function of single questions has no interval, and that is said.
        #expect(comparison.rows.first { $0.metric == "f1" }?.interval == nil)
        #expect(comparison.notes.contains { $0.contains("f1") })
        #expect(comparison.json["models"] == ["old", "new"] && comparison.json["changes"]?.arrayValue?.count == 4)
        #expect(comparison.markdown.contains("| t | 1 | acc | 0 | 1 | yes | <no\\|> | yes |"))
        #expect(comparison.html.contains("&lt;no|&gt;") && comparison.html.contains("<svg"))
        #expect(!comparison.html.contains("<script"))
    }

    @Test func questionsThatDifferAreLeftOutAndCounted() throws {
        let other = Self.run("new", [1, 1, 1]) { ["n": .integer($0 == 1 ? 9 : $0)] }
        let comparison = try RunComparison(Self.run("old", [1, 0, 0]), other)
        #expect(comparison.rows.first { $0.metric == "acc" }?.samples == 2)
        #expect(comparison.notes.contains { $0.contains("1 questions") })
        #expect(throws: EvaluationError.self) { try RunComparison(Self.run("a", [1]), ["results": [:]]) }
        #expect(throws: EvaluationError.self) {
            try RunComparison(Self.run("a", [1]), ["results": ["u": [:]], "samples": ["u": []]])
        }
    }
}
