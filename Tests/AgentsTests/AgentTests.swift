import JSONValues
import Testing

@testable import Agents

struct AgentTests {
    private func call(_ name: String, _ arguments: JSON, id: String = "1") -> ChatAnswer {
        ChatAnswer(toolCalls: [AgentToolCall(id: id, name: name, arguments: arguments)])
    }

    @Test func toolsAreCalledUntilThereIsAnAnswer() async throws {
        let model = ScriptedModel(answers: [
            call("calculator", ["expression": "17 * 23"]), ChatAnswer(text: "It is 391."),
        ])
        let agent = Agent("helper", model: model, tools: [Calculator.tool])
        let result = try await agent.run("What is 17 * 23?")
        #expect(result.text == "It is 391.")
        #expect(result.steps.map(\.observation) == ["391"])
        #expect(
            model.conversations[1].last
                == .result("391", of: AgentToolCall(id: "1", name: "calculator", arguments: [:])))
    }

    @Test func mistakesAreToldToTheModel() async throws {
        let model = ScriptedModel(answers: [
            call("telephone", [:]), call("calculator", ["sum": "1"]), call("calculator", ["expression": "1 +"]),
            ChatAnswer(text: "I cannot."),
        ])
        let result = try await Agent("helper", model: model, tools: [Calculator.tool]).run("?")
        #expect(result.steps[0].observation == "There is no tool telephone. There are: calculator.")
        #expect(result.steps[1].observation.contains("expression is missing"))
        #expect(result.steps[2].observation.contains("something is missing"))
    }

    @Test func endlessLoopsEnd() async throws {
        let model = ScriptedModel { _, _ in self.call("calculator", ["expression": "1"]) }
        let agent = Agent("helper", model: model, tools: [Calculator.tool], maximumSteps: 4)
        await #expect(throws: AgentError.tooManySteps(agent: "helper", limit: 4)) { try await agent.run("?") }
        let trace = Trace()
        await #expect(throws: BudgetError.self) {
            try await RunContext.tracing(trace) { try await Budget(steps: 2).run { try await agent.run("?") } }
        }
        #expect(trace.spans.count { $0.name == "execute_tool calculator" } == 2)
    }

    @Test func peopleAgreeToWhatNeedsIt() async throws {
        func run(_ approve: Agent.Approval?) async throws -> String {
            let model = ScriptedModel(answers: [call("calculator", ["expression": "1 + 1"]), ChatAnswer(text: "done")])
            let agent = Agent("helper", model: model, tools: [Calculator.tool.approved()], approve: approve)
            return try await agent.run("?").steps[0].observation
        }
        #expect(try await run(nil) == "This was not allowed: nobody is there to agree")
        #expect(try await run { _ in .rejected("too dear") } == "This was not allowed: too dear")
        #expect(try await run { $0.arguments["expression"] == "1 + 1" ? .approved : .rejected("") } == "2")
    }

    @Test func reactThinksInTurns() async throws {
        let model = ScriptedModel([
            "I think I should compute.",
            #"{"thought": "compute", "action": "calculator", "arguments": {"expression": "6 * 7"}}"#,
            #"{"thought": "known", "action": "finish", "answer": "42"}"#,
        ])
        let result = try await Agent("helper", model: model, tools: [Calculator.tool], strategy: .react).run("6 * 7?")
        #expect(result.text == "42")
        #expect(result.steps.map(\.thought) == ["compute"])
        // What was not JSON was told to it.
        #expect(model.conversations[1].last?.text.contains("not as asked for") == true)
        #expect(model.conversations[2].last?.text == "The result of calculator, quoted as data:\n> 42")
    }

    @Test func tasksAreHandedOn() async throws {
        let expert = Agent("refunds", model: ScriptedModel(["The refund is on its way."]))
        let model = ScriptedModel(answers: [call("hand_off_to_refunds", ["task": "refund order 7"])])
        let result = try await Agent("front desk", model: model, colleagues: [expert]).run("I want my money back")
        #expect(result.text == "The refund is on its way." && result.agent == "refunds")
        #expect(result.steps.map(\.action) == [.handOff(to: "refunds", task: "refund order 7")])
    }

    @Test func plansAreCarriedOut() async throws {
        let model = ScriptedModel([#"{"steps": ["look", "write"]}"#, "looked", "written", "All is done."])
        let agent = Agent("helper", model: model, strategy: .planAndExecute)
        #expect(try await agent.run("Write a report").text == "All is done.")
        #expect(model.conversations[3].last?.text.contains("- look: looked\n- write: written") == true)
    }

    @Test func questionsLeadToTheAnswer() async throws {
        let model = ScriptedModel([#"{"question": "6 * 7"}"#, #"{"answer": "42"}"#])
        let agent = Agent("helper", model: model, tools: [Calculator.tool], strategy: .selfAsk)
        let result = try await agent.run("?")
        #expect(result.text == "42" && result.steps.map(\.observation) == ["42"])
    }

    @Test func reviewsMakeAnswersBetter() async throws {
        let model = ScriptedModel([
            "draft", #"{"criticism": "too short", "isGood": false}"#, "better",
            #"{"criticism": "", "isGood": true}"#,
        ])
        #expect(try await Agent("helper", model: model, strategy: .reflection).run("?").text == "better")
    }

    @Test func teamsWorkUntilAllIsDone() async throws {
        let boss = ScriptedModel([
            #"{"next": "writer", "task": "write"}"#, #"{"next": "reader", "task": "read"}"#,
            #"{"next": "FINISH", "task": ""}"#,
        ])
        let team = Team(
            instructions: "You lead {team_members}.", model: boss,
            workers: [Agent("writer", model: ScriptedModel(["text"])), Agent("reader", model: ScriptedModel(["good"]))])
        #expect(try await team.run("A story").text == "good")
        #expect(boss.conversations[0].first == .system("You lead writer, reader."))
    }

    @Test func filesDescribeAgents() throws {
        let file = try AgentFile(
            yaml: """
                name: analyst
                instructions: You answer from the database.
                strategy: react
                tools: [sql, calculator]
                budget: {steps: 5}
                colleagues:
                  - name: writer
                """, path: "a.yaml")
        #expect(file.strategy == .react && file.tools == ["sql", "calculator"] && file.budget.steps == 5)
        #expect(file.colleagues.map(\.name) == ["writer"])
        for text in [
            "tols: [x]", "strategy: magic", "[1]", "name: {", "colleagues: [{naem: x}]", "budget: {seconds: .nan}",
            "budget: {steps: -1}",
        ] {
            #expect(throws: AgentFileError.self, "\(text)") { try AgentFile(yaml: text, path: "a.yaml") }
        }
    }

    @Test func strategiesOfPrompts() async throws {
        @Sendable func thought(_ answer: String) -> String { #"{"reasoning": "because", "answer": "\#(answer)"}"# }
        // Samples run at once: what is asked tells which answer is given.
        let counter = Counter()
        let samples = ["4", "5", "5.", " 5"]
        let model = ScriptedModel { _, _ in ChatAnswer(text: thought(samples[counter.take()])) }
        let answer = try await PromptStrategies.selfConsistency("?", model: model, samples: 4)
        #expect(answer.text.contains("5") && answer.share == 0.75)
        let tree = ScriptedModel { messages, _ in
            if messages[0].text.hasPrefix("Propose") { return ChatAnswer(text: #"{"items": ["good", "bad"]}"#) }
            if messages[0].text.hasPrefix("How likely") {
                return ChatAnswer(text: messages[1].text.contains("bad") ? #"{"score": 2}"# : #"{"score": 9}"#)
            }
            return ChatAnswer(text: "the end")
        }
        let found = try await PromptStrategies.treeOfThoughts("?", model: tree, depth: 2, branches: 2, kept: 1)
        #expect(found == PromptStrategies.Answer(text: "the end", reasoning: ["good", "good"]))
        let parts = ScriptedModel([#"{"items": ["a?", "b?"]}"#, "A", "B", "C"])
        #expect(try await PromptStrategies.leastToMost("c?", model: parts).reasoning == ["a? A", "b? B"])
        let back = ScriptedModel(["general?", "principle", "answer"])
        #expect(try await PromptStrategies.stepBack("?", model: back).text == "answer")
        let plan = ScriptedModel([#"{"items": ["one"]}"#, thought("solved")])
        #expect(try await PromptStrategies.planAndSolve("?", model: plan).text == "solved")
        let learner = ScriptedModel([thought("right"), thought("wrong"), thought("right")])
        let examples = try await PromptStrategies.bootstrapDemonstrations(["q1", "q2", "q3"], model: learner, count: 2)
        {
            $1 == "right"
        }
        #expect(examples.map { $0["question"] } == ["q1", "q3"])
    }
}
