import JSONValues
import Testing

@testable import Agents

struct ChainTests {
    private struct Failure: Error, Equatable {}

    @Test func chainsComposeAndRecover() async throws {
        let attempts = Counter()
        let flaky = Chain<String, String>("flaky") { text in
            if attempts.take() < 2 { throw Failure() }
            return text + "!"
        }
        #expect(try await flaky.retrying(attempts: 3).run("a") == "a!")
        let broken = Chain<String, String>("broken") { _ in throw Failure() }
        #expect(try await broken.fallback(to: broken, Chain("other") { "other " + $0 }).run("a") == "other a")
        await #expect(throws: Failure.self) { try await broken.retrying(attempts: 2).run("a") }
        let length = Chain<String, Int>("length") { $0.count }
        #expect(try await length.map { $0 * 2 }.then(Chain("text") { "\($0)" }).run("abc") == "6")
    }

    @Test func branchesRoutesAndManyAtOnce() async throws {
        let (up, down) = (
            Chain<String, String>("up") { $0.uppercased() }, Chain<String, String>("down") { $0.lowercased() }
        )
        let branch = Chain.branch("which", when: { $0.count > 2 }, up, else: down)
        #expect(try await branch.run("aBc") == "ABC")
        #expect(try await branch.run("aB") == "ab")
        let route = Chain.route("route", ["loud": up], fallback: down) { $0.hasPrefix("!") ? "loud" : nil }
        #expect(try await route.run("!a") == "!A")
        #expect(try await route.run("A") == "a")
        #expect(try await up.each(limit: 2).run(["a", "b", "c", "d"]) == ["A", "B", "C", "D"])
        #expect(try await Chain.all([up, down]).run("aB") == ["AB", "ab"])
    }

    @Test func budgetsEndLoops() async throws {
        await #expect(throws: BudgetError(kind: .steps, limit: 3, used: 4)) {
            try await Budget(steps: 3).run { while true { try RunContext.current.budget?.step() } }
        }
        #expect(try await Budget(seconds: 1e300).run { 1 } == 1)
        await #expect(throws: BudgetError.self) {
            try await Budget(seconds: 0.05).run { try await Task.sleep(for: .seconds(60)) }
        }
        let model = ScriptedModel { _, _ in
            ChatAnswer(text: "x", usage: ChatUsage(promptTokens: 6, completionTokens: 1))
        }
        await #expect(throws: BudgetError(kind: .tokens, limit: 10, used: 14)) {
            try await Budget(tokens: 10).run { while true { _ = try await model.answer("again") } }
        }
    }

    @Test func tracesHoldEveryPrompt() async throws {
        let trace = Trace()
        let model = ScriptedModel(["four"])
        let chain = Chain<String, String>("ask") { try await model.answer("What is \($0)?") }
        let text = try await RunContext.tracing(trace) { try await chain.run("2 + 2") }
        #expect(text == "four")
        #expect(trace.spans.map(\.name) == ["ask", "chat scripted"])
        #expect(trace.spans[1].parent == trace.spans[0].id)
        #expect(
            trace.spans[1].attributes["gen_ai.input.messages"] == [["role": "user", "content": "What is 2 + 2?"]])
        let exported = trace.openTelemetry["resourceSpans"]?[0]?["scopeSpans"]?[0]?["spans"]
        #expect(exported?.arrayValue?.count == 2)
        #expect(exported?[1]?["parentSpanId"] == "0000000000000001")
        #expect(exported?[0]?["traceId"]?.stringValue?.count == 32)
        #expect(exported?[0]?["startTimeUnixNano"]?.stringValue.flatMap { UInt64($0) } != nil)
    }

    @Test func streamsShowWhatHappensWithin() async throws {
        let model = ScriptedModel(["one two three"])
        let chain = Chain<String, String>("ask") { try await model.answer($0) }.map { $0.uppercased() }
        var (pieces, output): ([String], String?) = ([], nil)
        for try await event in chain.stream("count") {
            switch event {
            case .event(.text(let text)): pieces.append(text)
            case .event: break
            case .output(let text): output = text
            }
        }
        #expect(pieces == ["one", " two", " three"])
        #expect(output == "ONE TWO THREE")
    }

    /// Ten steps without a model take less than 50 microseconds, also where nothing is optimized.
    @Test func tenStepsAreCheap() async throws {
        var chain = Chain<Int, Int>("start") { $0 }
        for number in 1..<10 { chain = chain.then(Chain("step \(number)") { $0 + 1 }) }
        _ = try await chain.run(0)
        var best = Duration.seconds(1)
        for _ in 0..<20 {
            let start = ContinuousClock.now
            for _ in 0..<50 { _ = try await chain.run(0) }
            best = min(best, start.duration(to: .now) / 50)
        }
        #expect(best < .microseconds(50), "\(best)")
    }

    /// Each waits for all others: with a thread for each, the few that run tasks would never get to the last.
    @Test(.timeLimit(.minutes(5))) func manyWaitingAgentsNeedNoThreads() async throws {
        let meeting = Meeting(of: 1000)
        let waiting = Chain<Int, Int>("wait") { number in
            await meeting.arrive()
            return number
        }
        #expect(try await waiting.each(limit: 1000).run(Array(0..<1000)) == Array(0..<1000))
    }
}

/// Where nobody goes on before all have come.
private actor Meeting {
    private let count: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(of count: Int) { self.count = count }

    func arrive() async {
        if waiting.count + 1 == count { return waiting.forEach { $0.resume() } }
        await withCheckedContinuation { waiting.append($0) }
    }
}
