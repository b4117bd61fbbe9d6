import Agents
import Evaluation
import Foundation
import JSONValues
import Testing

@testable import ChatEvaluation

struct ProgramTests {
    private static func problems() throws -> [ProgramProblem] {
        let human: JSON = [
            "task_id": "HumanEval/0", "prompt": "def add(a, b):\n    \"\"\"The sum.\"\"\"\n", "entry_point": "add",
            "canonical_solution": "    return a + b\n",
            "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(-1, 1) == 0\n",
        ]
        let mbpp: JSON = [
            "task_id": 11, "text": "Write a function that doubles.", "code": "def double(x):\n    return 2 * x",
            "test_list": ["assert double(2) == 4", "assert double(0) == 0"], "test_setup_code": "",
        ]
        return try ProgramProblem.read(try Fixtures.file("p.jsonl", human.text() + "\n" + mbpp.text() + "\n"))
    }

    @Test func programsAreRunWithTheirTests() async throws {
        let problems = try Self.problems()
        guard var sandbox = try? await Sandbox() else { return }
        sandbox.maximumSeconds = 3
        let lines: [JSON] = [
            ["task_id": "HumanEval/0", "completion": "    return a + b\n"],
            ["task_id": "HumanEval/0", "completion": "    return a - b\n"],
            // It ends well, but before its tests.
            ["task_id": "HumanEval/0", "completion": "    import os; os._exit(0)\n"],
            ["task_id": "HumanEval/0", "completion": "    while True: pass\n"],
            ["task_id": 11, "solution": "def double(x):\n    return x + x"],
            ["task_id": 11, "solution": "def double(x:\n"], ["task_id": 11, "solution": "def double(x):\n  return 4"],
            ["task_id": 11, "solution": "while True: print('x' * 1000)"],
        ]
        let path = try Fixtures.file("samples.jsonl", lines.map { $0.text() }.joined(separator: "\n"))
        var run = try ProgramRun(problems, path: path)
        try await run.run(in: sandbox, width: 2)
        #expect(run.samples[0].outcome == .passed && run.samples[4].outcome == .passed)
        #expect(run.samples[3].outcome == .timedOut)
        #expect([1, 2, 5, 6, 7].allSatisfy { run.samples[$0].outcome != .passed }, "\(run.samples)")
        // One of four programs is right, twice.
        #expect(try run.passAtK(1) == 0.25 && run.passAtK(4) == 1)
        #expect(try run.passAtK(2).isClose(to: 0.5))
        #expect(throws: EvaluationError.self) { try run.passAtK(5) }
        #expect(try run.json([1])["passed"] == 2)
    }

    @Test func answersAreMadeIntoPrograms() throws {
        let problems = try Self.problems()
        let whole = "Sure!\n```python\ndef add(a, b):\n    return a + b\n```\nThat is it."
        #expect(problems[0].program(answer: whole) == "def add(a, b):\n    return a + b\n")
        #expect(problems[0].program(answer: "    return a + b").hasPrefix("def add(a, b):\n    \"\"\"The sum"))
        #expect(
            problems[1].program(answer: "```\nx = 1\n```\nor\n```py\ndef double(x): return x\n")
                == "def double(x): return x\n")
        #expect(problems[1].continuation.contains("assert double(2) == 4") && problems[1].id == "MBPP/11")
    }

    @Test func modelsWriteThem() async throws {
        struct Writer: Scorer {
            let name = "writer"
            let concurrency = 2
            func logLikelihood(of continuation: String, after context: String) async throws -> Likelihood {
                Likelihood(logProbability: 0, isGreedy: true)
            }
            func rollingLogLikelihood(of text: String) async throws -> Double { 0 }
            func generate(after context: String, options: GenerationSettings) async throws -> String {
                #expect(options.stops.contains("\n```"))
                return context.hasPrefix("def add") ? "    return a + b" : "def double(x): return 2 * x"
            }
        }
        guard let sandbox = try? await Sandbox() else { return }
        var run = try await ProgramRun.written(
            for: try Self.problems(), by: Writer(), isChat: false, count: 2, settings: GenerationSettings())
        try await run.run(in: sandbox)
        #expect(run.samples.count == 4)
        #expect(try run.passAtK(2) == 1)
    }

    @Test(arguments: [
        ("{\"prompt\": \"x\"}", "line 1", "task_id"), ("\n{\"task_id\": \"a\", \"prompt\": \"x\"}", "line 2", "form"),
    ])
    func badProblemsAreNamed(_ text: String, _ place: String, _ mention: String) throws {
        let error = #expect(throws: EvaluationError.self) {
            try ProgramProblem.read(try Fixtures.file("p.jsonl", text))
        }
        #expect(error?.place.contains(place) == true && error?.description.contains(mention) == true)
    }

    @Test func unknownTasksAreNamed() throws {
        let problems = try Self.problems()
        let path = try Fixtures.file("s.jsonl", "{\"task_id\": \"x\", \"solution\": \"\"}")
        let error = #expect(throws: EvaluationError.self) { try ProgramRun(problems, path: path) }
        #expect(error?.description.contains("no problem has") == true)
    }
}
