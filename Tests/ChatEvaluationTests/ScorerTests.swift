import Agents
import Evaluation
import Foundation
import JSONValues
import Testing

@testable import ChatEvaluation

struct ScorerTests {
    private static func number(_ text: String) -> Int {
        text.utf8.reduce(7) { ($0 * 31 + Int($1)) % 1_000_003 }
    }

    private static func value(_ piece: String) -> Double { -Double(number(piece) % 97) / 10 }

    @Test(arguments: ["good", "marked", "writing"])
    func continuationsAreScoredByTheirTokens(_ mode: String) async throws {
        let server = try FormulaServer()
        defer { server.stop() }
        let scorer = CompletionScorer(try server.model(mode))
        // White space at the context's end belongs to the continuation; offsets count code points.
        let likelihood = try await scorer.logLikelihood(of: "été chaud", after: "Où? ")
        let expected = Self.value(" été") + Self.value(" chaud")
        #expect(likelihood.logProbability.isClose(to: expected))
        #expect(likelihood.isGreedy == [" été", " chaud"].allSatisfy { Self.number($0) % 2 == 0 })
        // One token spans the join: it is the continuation's only one.
        let joined = try await scorer.logLikelihood(of: "wer", after: "The Ans")
        #expect(joined.logProbability.isClose(to: Self.value(" Answer")))
    }

    @Test func firstTokensNeedSomethingBeforeThem() async throws {
        let server = try FormulaServer()
        defer { server.stop() }
        let bare = CompletionScorer(try server.model("good"))
        let error = await #expect(throws: EvaluationError.self) { try await bare.rollingLogLikelihood(of: "A cat") }
        #expect(error?.kind == .refused && error?.remedy.contains("--beginning") == true)
        let expected = Self.value(" A") + Self.value(" cat")
        let beginning = CompletionScorer(try server.model("good"), beginning: "<|end|>")
        #expect(try await beginning.rollingLogLikelihood(of: " A cat").isClose(to: expected))
        let marked = CompletionScorer(try server.model("marked"))
        #expect(try await marked.rollingLogLikelihood(of: " A cat").isClose(to: expected))
        #expect(try await marked.logLikelihood(of: " A cat", after: "").logProbability.isClose(to: expected))
    }

    @Test(arguments: [("refusing", "Only no echo"), ("silent", "none")])
    func serversWithoutScoresOfPromptsAreNamed(_ mode: String, _ reason: String) async throws {
        let server = try FormulaServer()
        defer { server.stop() }
        let scorer = CompletionScorer(try server.model(mode))
        let error = await #expect(throws: EvaluationError.self) { try await scorer.logLikelihood(of: " b", after: "a") }
        #expect(error?.kind == .refused && error?.reason.contains(reason) == true, "\(error.debugDescription)")
        #expect(try await scorer.generate(after: "a", options: GenerationSettings(stops: ["####"])).hasPrefix(" So 12"))
    }

    @Test func stopsConcernTheAnswerAndNotTheThoughts() async throws {
        let server = try FormulaServer()
        defer { server.stop() }
        let scorer = ChatScorer(try server.model("good"))
        let text = try await scorer.generate(after: "q", options: GenerationSettings(stops: ["\n\n"]))
        #expect(text == "So 12 and \(Self.number("q") % 3). #### \(Self.number("q") % 4).")
        #expect(ChatScorer.answer(in: "<think>a\n\nb</think>42\n\nQ:", upTo: ["\n\n"])?.text == "42")
        #expect(ChatScorer.answer(in: "<think>a\n\nb", upTo: ["\n\n"]) == nil)
        #expect(ChatScorer.answer(in: "7 <think>", upTo: [])?.text == "7 <think>")
    }

    private static let task = """
        dataset_path: data.jsonl
        test_split: test
        doc_to_text: "{{q}}"
        doc_to_target: "{{a}}"
        output_type: generate_until
        generation_kwargs: {until: ["\\n\\n"], max_gen_toks: 16}
        filter_list: [{name: last, filter: [{function: regex, regex_pattern: "#### (\\\\d)"}, {function: take_first}]}]
        """

    private static func evaluator() throws -> TaskEvaluator {
        let path = try Fixtures.file("sums.yaml", task)
        let lines = (0..<8).map { "{\"q\": \"question \($0)\", \"a\": \"\(number("question \($0)") % 4)\"}" }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try lines.joined(separator: "\n").write(
            toFile: folder + "/data.jsonl", atomically: true, encoding: .utf8)
        return try TaskEvaluator(paths: [path])
    }

    @Test func whatAServerAnsweredBeforeItDiedIsReported() async throws {
        let server = try FormulaServer()
        defer { server.stop() }
        let evaluator = try Self.evaluator()
        var options = TaskEvaluator.Options()
        options.keepsSamples = true
        options.answersFile = try Fixtures.file("answers.jsonl", "")
        let dying = CompletionScorer(try server.model("dying"), name: "m", concurrency: 1)
        let report = try await evaluator.run(on: dying, options: options)
        #expect(report.results[0].samples == 3 && report.results[0].unanswered == 5)
        #expect(report.results[0].metrics["exact_match,last"] == 1)
        #expect(report.failure?.contains("5 of 8") == true && report.failure?.contains("503") == true)
        #expect(report.json["unanswered"]?["sums"] == 5 && report.markdown.contains("5 of 8"))
        // Nothing is asked twice, and what was left is asked by the next run.
        let good = CompletionScorer(try server.model("good"), name: "m")
        let whole = try await evaluator.run(on: good, options: options)
        #expect(whole.failure == nil && whole.results[0].samples == 8)
        let comparison = try RunComparison(report.json, whole.json)
        #expect(comparison.rows[0].samples == 3 && comparison.notes.count == 1)
    }

    @Test func aTaskWithoutAnyAnswerHasNoNumber() async throws {
        let server = try FormulaServer()
        let model = try server.model("good")
        server.stop()
        try await Task.sleep(for: .milliseconds(300))
        let report = try await Self.evaluator().run(on: CompletionScorer(model))
        #expect(report.results[0].samples == 0 && report.results[0].metrics.isEmpty)
        #expect(report.failure?.contains("8 of 8") == true)
    }

    @Test func chatsRefuseLikelihoodsBeforeAnythingIsAsked() async throws {
        let path = try Fixtures.file(
            "choice.yaml",
            "dataset_path: x.jsonl\ntest_split: test\ndoc_to_text: q\ndoc_to_target: '0'\ndoc_to_choice: [a, b]\noutput_type: multiple_choice"
        )
        let evaluator = try TaskEvaluator(paths: [path])
        let model = ScriptedModel([])
        let error = await #expect(throws: EvaluationError.self) { try await evaluator.run(on: ChatScorer(model)) }
        #expect(error?.kind == .refused && model.conversations.isEmpty)
    }
}
