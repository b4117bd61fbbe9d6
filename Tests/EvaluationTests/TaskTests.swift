import Foundation
import JSONValues
import Synchronization
import Testing

@testable import Evaluation

/// lm-evaluation-harness's results on small tasks (scripts/make_task_fixtures.py), with a formula in the model's place on both sides.
struct TaskTests {
    /// The formula of the script.
    final class Formula: Scorer {
        let name = "formula"
        let concurrency = 4
        let asked = Mutex(0)

        private func number(_ text: String) -> Int {
            asked.withLock { $0 += 1 }
            return text.utf8.reduce(7) { ($0 * 31 + Int($1)) % 1_000_003 }
        }

        func logLikelihood(of continuation: String, after context: String) async throws -> Likelihood {
            let value = number(context + "\0" + continuation)
            return Likelihood(logProbability: -Double(value % 9973) / 1000 - 0.001, isGreedy: value % 3 == 0)
        }

        func rollingLogLikelihood(of text: String) async throws -> Double { -Double(number(text) % 9973) / 100 - 1 }

        func generate(after context: String, options: GenerationSettings) async throws -> String {
            let value = number(context)
            return " So 12 and \(value % 3). #### \(value % 4)."
        }
    }

    static let names = ["choice_zero", "choice_shots", "choice_own", "last_word", "pages", "numbers"]

    static func evaluator() throws -> TaskEvaluator {
        try TaskEvaluator(paths: [Fixtures.path("tasks")])
    }

    @Test func resultsAreTheHarnesss() async throws {
        let expected = try #require(Fixtures.json("tasks/results.json")["results"]?.objectValue)
        var options = TaskEvaluator.Options()
        options.bootstrapSamples = 10_000
        let report = try await Self.evaluator().run(on: Formula(), options: options)
        #expect(Set(report.results.map(\.name)) == Set(Self.names))
        let results = try #require(report.json["results"])
        for (task, metrics) in expected {
            for (key, value) in metrics.objectValue ?? [:] where key.contains(",") {
                let mine = results[task]?[key]
                if key.hasPrefix("perplexity_stderr") {
                    // Both are estimates by drawing; the seeds are the same.
                    #expect(
                        mine?.doubleValue?.isClose(to: value.doubleValue, within: 1e-6) == true,
                        "\(task) \(key) \(mine ?? .null)")
                } else if let number = value.doubleValue {
                    #expect(
                        mine?.doubleValue?.isClose(to: number, within: 1e-9) == true,
                        "\(task) \(key): \(mine ?? .null), not \(number)")
                } else {
                    #expect(mine == value, "\(task) \(key)")
                }
            }
        }
    }

    @Test func promptsAreTheHarnesss() async throws {
        let expected = try #require(Fixtures.json("tasks/results.json")["prompts"]?.objectValue)
        var options = TaskEvaluator.Options()
        (options.keepsSamples, options.bootstrapSamples) = (true, 1000)
        let report = try await Self.evaluator().run(on: Formula(), options: options)
        for (task, prompts) in expected {
            let result = try #require(report.results.first { $0.name == task })
            let mine = result.details.prefix(5).map { $0["arguments"]?[0]?[0]?.stringValue ?? "" }
            #expect(mine == prompts.texts, "\(task)")
        }
    }

    @Test func runsGoOnFromTheirAnswers() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "answers-\(UUID().uuidString).jsonl").path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        var options = TaskEvaluator.Options()
        (options.answersFile, options.limit, options.bootstrapSamples) = (path, 3, 1000)
        let first = try await Self.evaluator().run(on: Formula(), options: options)
        // The last line is torn off.
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try String(text.dropLast(5)).write(toFile: path, atomically: true, encoding: .utf8)
        let formula = Formula()
        let second = try await Self.evaluator().run(on: formula, options: options)
        #expect(formula.asked.withLock { $0 } == 1)
        #expect(first.json["results"] == second.json["results"])
        #expect(second.markdown.contains("| choice_zero | none | 0 | 3 | acc |"))
        #expect(second.html.contains("<svg") && !second.html.contains("<script"))
    }

    static func task(_ text: String) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "task-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appending(path: "task.yaml").path()
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test(arguments: [
        ("doc_to_target: x\ndoc_to_txt: y", EvaluationError.Kind.task, "doc_to_txt"),
        ("doc_to_target: x\nprocess_docs: !function utils.clean", .refused, "utils.clean"),
        ("doc_to_target: x\nmetric_list:\n  - metric: accuracy", .task, "accuracy"),
        ("doc_to_target: x\nfilter_list:\n  - filter:\n    - function: magic", .task, "magic"),
        ("doc_to_target: x\noutput_type: guess", .task, "guess"),
        ("output_type: multiple_choice", .task, "doc_to_choice"),
        ("doc_to_target: x\ninclude: nowhere.yaml", .task, "nowhere.yaml"), ("a: [", .task, "YAML"),
    ])
    func badTasksAreRefusedByName(_ text: String, _ kind: EvaluationError.Kind, _ mention: String) throws {
        let path = try Self.task(text)
        let error = #expect(throws: EvaluationError.self) { try TaskEvaluator(paths: [path]) }
        #expect(error?.kind == kind && error?.description.contains(mention) == true, "\(error.debugDescription)")
    }

    @Test func missingColumnsAreErrors() async throws {
        let path = try Self.task(
            "dataset_path: json\ndataset_kwargs: {data_files: {test: data.jsonl}}\ntest_split: test\ndoc_to_text: '{{nothing}}'\ndoc_to_target: '{{a}}'"
        )
        let evaluator = try TaskEvaluator(paths: [path])
        let missing = await #expect(throws: EvaluationError.self) { try await evaluator.run(on: Formula()) }
        #expect(missing?.kind == .data)
        try "{\"a\": \"b\"}\n".write(
            toFile: YAMLFile.folder(of: path) + "/data.jsonl", atomically: true, encoding: .utf8)
        let error = await #expect(throws: EvaluationError.self) { try await evaluator.run(on: Formula()) }
        #expect(error?.description.contains("nothing") == true)
    }

    @Test func seedsHoldWhoeverSetTheShots() throws {
        let task = try #require(Self.evaluator().tasks.first { $0.name == "choice_shots" })
        let first = try TaskRun(task, limit: 5, seed: 1).requests
        #expect(try TaskRun(task, limit: 5, seed: 1).requests == first)
        #expect(try TaskRun(task, limit: 5, seed: 2).requests != first)
    }

    @Test func tablesHaveQuotedFields() throws {
        let text = "a,b\r\n\"x, \"\"y\"\"\nz\",2\n"
        let documents = try CSV.documents(Array(text.utf8), path: "t.csv")
        #expect(documents == [["a": "x, \"y\"\nz", "b": 2]])
        #expect(throws: EvaluationError.self) { try CSV.documents(Array("a,b\n1\n".utf8), path: "t.csv") }
    }

    @Test func lengthsAreCharactersOrBytesByName() {
        let likelihoods = [
            Likelihood(logProbability: -6, isGreedy: false), Likelihood(logProbability: -7, isGreedy: false),
        ]
        func value(_ metric: String) -> Double? {
            let observation = TaskMetrics.observe(
                metric, likelihoods: likelihoods, choices: ["éééé", "abcdef"], right: [0])
            if case .value(let value) = observation { return value }
            return nil
        }
        #expect(value("acc_norm") == 0 && value("acc_bytes") == 1)
    }

    @Test func groupErrorsBelongToTheirMeans() throws {
        let task = try EvaluationTask(["doc_to_target": "x"], path: "a.yaml")
        var (small, large) = (TaskResult(task: task, samples: 10), TaskResult(task: task, samples: 990))
        (small.metrics["acc,none"], large.metrics["acc,none"]) = (0.5, 0.7)
        (small.errors["acc_stderr,none"], large.errors["acc_stderr,none"]) = (0.15, 0.01)
        let group = try TaskGroup(
            [
                "group": "g", "task": ["a", "b"],
                "aggregate_metric_list": [["metric": "acc", "weight_by_size": false]],
            ],
            path: "g.yaml")
        let result = TaskResult.group(group, [small, large])
        #expect(result.metrics["acc,none"]?.isClose(to: 0.6) == true)
        #expect((result.errors["acc_stderr,none"] ?? nil)?.isClose(to: 0.07517, within: 1e-4) == true)
    }

    @Test func numbersHaveDigits() throws {
        let step = try TaskFilter(
            ["function": "regex", "regex_pattern": "(-?[$0-9.,]*[0-9][$0-9.,]*)", "group_select": -1], at: "t")
        #expect(step.apply(["That is 72 clips, all told"]) == ["72"])
        #expect(PythonLiteral.value("['it\\'s', \"b\", 3]") == ["it's", "b", 3])
        #expect(throws: EvaluationError.self) { try PythonRegex("(", at: "t") }
    }
}
