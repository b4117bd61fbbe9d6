import Agents
import Evaluation
import Foundation
import JSONValues
import Testing

@testable import ChatEvaluation

struct SuiteTests {
    private static let text = """
        prompts:
          - Say hello to {{name}}.
          - name: formal
            system: Be formal.
            text: "Greet {{name}} in {{language}}."
        variables:
          language: [French, German]
        assert:
          - contains: "{{name}}"
        tests:
          - name: short
            variables: {name: Ann}
            assert:
              - not-contains: [Bob, Eve]
              - regex: "^\\\\w+ Ann"
          - name: data
            variables: {name: Bob}
            assert:
              - json-schema: {type: object, required: [to], properties: {to: {type: string}}}
              - judge: {rubric: "polite to {{name}}", least: 6}
              - similar: {to: "Hello", least: 0.5}
        """

    @Test func promptsAreAskedWithAllVariables() async throws {
        let suite = try PromptSuite(path: try Fixtures.file("suite.yaml", Self.text))
        // Two prompts, two tests, two languages.
        #expect(suite.cases.count == 8 && suite.needsJudge && suite.needsEncoder && !suite.measuresTime)
        let model = ScriptedModel(name: "m") { messages, options in
            #expect(options.temperature == 0)
            let asked = messages.map(\.text).joined(separator: "|")
            if asked.contains("French") && asked.contains("Ann") { return ChatAnswer(text: "Bonjour Bob") }
            return ChatAnswer(text: asked.contains("Ann") ? "Hello Ann" : "```json\n{\"to\": \"Bob\"}\n```")
        }
        var run = SuiteRun(suite)
        try await run.ask(SuiteRun.Contestant("m", model, concurrency: 4))
        let judge = ScriptedModel(name: "j") { messages, _ in
            #expect(messages[0].text.contains("polite to Bob"))
            return ChatAnswer(text: "{\"explanation\": \"curt\", \"score\": 5}")
        }
        try await run.check(judge: Judge(judge)) { first, _ in first.contains("json") ? 0.9 : 0 }
        #expect(run.outcomes.map(\.passes) == [true, false, true, true, false, false, false, false])
        let french = try #require(
            run.outcomes.first { $0.prompt == "formal" && $0.test == "short" && $0.variables["language"] == "French" })
        #expect(french.failures.map(\.check) == ["contains Ann", "not-contains Bob", "regex ^\\w+ Ann"])
        let data = run.outcomes.filter { $0.test == "data" }
        #expect(data.allSatisfy { $0.failures.map(\.reason) == ["the score is 5, below 6: curt"] })
        #expect(run.json["passed"] == 3 && run.json["failed"] == 5)
        #expect(run.junit.contains("failures=\"5\"") && run.junit.contains("&quot;"))
        #expect(run.markdown.contains("| m | formal | 1 | 4 |") && run.html.contains("<svg"))
    }

    @Test func runsAreComparedWithEarlierOnes() async throws {
        let path = try Fixtures.file(
            "suite.yaml",
            "prompts: ['{{q}}']\nvariables: {q: [a, b, c]}\nassert: [{contains: good}]")
        let suite = try PromptSuite(path: path)
        func run(_ name: String, _ answers: [String: String]) async throws -> SuiteRun {
            var run = SuiteRun(suite)
            let model = ScriptedModel { messages, _ in ChatAnswer(text: answers[messages[0].text] ?? "") }
            try await run.ask(SuiteRun.Contestant(name, model))
            try await run.check()
            return run
        }
        let old = try await run("one", ["a": "good", "b": "bad", "c": "good."])
        let new = try await run("two", ["a": "bad", "b": "good", "c": "good!"])
        let difference = try SuiteDifference(old.json, new, source: "old.json")
        #expect(difference.entries.map(\.change) == [.broken, .fixed, .answer] && difference.isWorse)
        #expect(difference.markdown.contains("| broken | two: "))
        // What failed before may fail.
        let same = try SuiteDifference(old.json, old, source: "old.json")
        #expect(same.entries.isEmpty && !same.isWorse)
        #expect(throws: EvaluationError.self) { try SuiteDifference(["a": 1], new, source: "x") }
    }

    @Test func errorsOfModelsAreOutcomes() async throws {
        let suite = try PromptSuite(path: try Fixtures.file("s.yaml", "prompts: [x]\nassert: [{latency: 0.5}]"))
        #expect(suite.measuresTime)
        var run = SuiteRun(suite)
        try await run.ask(SuiteRun.Contestant("gone", ScriptedModel([])))
        try await run.check()
        #expect(run.passed == 0 && run.outcomes[0].error != nil && run.junit.contains("<error"))
    }

    @Test(arguments: [
        ("prompts: [x]\ntest: []", "line 2", "tests may be meant"),
        ("prompts: [x]\nassert:\n  - contain: y", "line 3", "contains may be meant"),
        ("prompts:\n  - '{{name}}'\n", "line 2", "name"),
        ("prompts: [x]\nassert:\n  - regex: '('", "line 3", "not valid"),
        ("prompts: [x]\nassert:\n  - json-schema: {type: [}", "s.yaml", "YAML"),
        ("prompts: [x]\nassert:\n\n  - json-schema:\n      $ref: '#/nowhere'", "line 4", "nowhere"),
        ("models: [m]", "s.yaml", "prompts"), ("prompts: [x]\noptions:\n  max_tokens: 0", "line 3", "whole number"),
        ("prompts: [x]\ntests:\n  - name: a\n    asserts: []", "line 4", "assert may be meant"),
        ("prompts:\n  - name: a\n    file: none.txt", "line 2", "none.txt"),
        ("prompts: [x, x]\ntests: [{name: t}, {name: t}]", "s.yaml", "twice"),
    ])
    func badSuitesAreRefusedByLine(_ text: String, _ place: String, _ mention: String) throws {
        let path = try Fixtures.file("s.yaml", text)
        let error = #expect(throws: EvaluationError.self) { try PromptSuite(path: path) }
        #expect(
            error?.place.contains(place) == true && error?.description.contains(mention) == true,
            "\(error.debugDescription)")
    }
}
