import Agents
import Foundation
import JSONValues
import Synchronization
import Testing

@testable import Flows

struct FlowRunTests {
    private func run(
        _ text: String, _ input: String, _ model: any ChatModel, form: JSON.Object = [:],
        onEvent: @escaping @Sendable (FlowEvent) -> Void = { _ in }, change: (inout FlowSetup) -> Void = { _ in }
    ) async throws -> FlowResult {
        let flow = try FlowFile(JSON(parsing: text, source: "flow.json"), source: "flow.json")
        var setup = FlowSetup(store: try MemoryStore()) { _ in model }
        change(&setup)
        let runner = try FlowRunner(flow, setup: setup, onEvent: onEvent)
        return try await Budget(steps: 50, seconds: 20).run { try await runner.run(input, form: form) }
    }

    /// Wires in the form of exported files.
    private static func edges(_ pairs: [(String, String, String)]) -> String {
        pairs.map { source, target, input in
            """
            {"source": "\(source)", "target": "\(target)", "sourceHandle": "\(source)-output-x-X",
             "targetHandle": "\(target)-input-\(input)-X"}
            """
        }.joined(separator: ",")
    }

    @Test func chainsFeedEachOther() async throws {
        let flow = """
            {"nodes": [
              {"id": "m", "data": {"name": "chatOpenAI", "inputs": {"temperature": "0.5"}}},
              {"id": "p1", "data": {"name": "promptTemplate", "inputs": {"template": "Name a {thing}."}}},
              {"id": "c1", "data": {"name": "llmChain", "inputs": {"model": "{{m.data.instance}}", "prompt": "{{p1.data.instance}}"}}},
              {"id": "p2", "data": {"name": "promptTemplate", "inputs": {"template": "Praise {it} to {who}: {{x}}",
                "promptValues": "{\\"it\\": \\"{{c1.data.instance}}\\", \\"who\\": \\"{{question}}\\"}"}}},
              {"id": "c2", "data": {"name": "llmChain", "inputs": {"model": "{{m.data.instance}}", "prompt": "{{p2.data.instance}}"}}}],
             "edges": [\(Self.edges([("m", "c1", "model"), ("p1", "c1", "prompt"), ("c1", "p2", "promptValues"),
                ("m", "c2", "model"), ("p2", "c2", "prompt")]))]}
            """
        let model = ScriptedModel(["rose", "Oh rose!"])
        let seen = Mutex<[String]>([])
        let result = try await run(flow, "flower", model) { event in
            if event.kind == .finished { seen.withLock { $0.append("\(event.node)=\(event.value.stringValue ?? "")") } }
        }
        #expect(result.text == "Oh rose!")
        #expect(model.conversations.map { $0.last?.text } == ["Name a flower.", "Praise rose to flower: {x}"])
        #expect(seen.withLock { $0 } == ["c1=rose", "c2=Oh rose!"])
    }

    @Test func parsersGiveForms() async throws {
        let flow = """
            {"nodes": [
              {"id": "m", "data": {"name": "chatOpenAI", "inputs": {}}},
              {"id": "p", "data": {"name": "promptTemplate", "inputs": {"template": "{q}"}}},
              {"id": "f", "data": {"name": "advancedStructuredOutputParser", "inputs": {"exampleJson":
                "z.object({ // a person\\n title: z.string().describe('it'), age: z.number().int().min(1).optional(), kinds: z.array(z.enum(['a', \\"b\\"])).max(3) })"}}},
              {"id": "c", "data": {"name": "llmChain", "inputs": {"model": "x", "prompt": "x"}}}],
             "edges": [\(Self.edges([("m", "c", "model"), ("p", "c", "prompt"), ("f", "c", "outputParser")]))]}
            """
        let model = ScriptedModel { _, options in
            #expect(
                options.schema?.text()
                    == """
                    {"type":"object","properties":{"title":{"type":"string","description":"it"},"age":{"type":"integer","minimum":1},\
                    "kinds":{"type":"array","items":{"type":"string","enum":["a","b"]},"maxItems":3}},"required":["title","kinds"],\
                    "additionalProperties":false}
                    """)
            return ChatAnswer(text: #"{"title": "T", "kinds": ["a"]}"#)
        }
        #expect(try await run(flow, "?", model).text == #"{"title":"T","kinds":["a"]}"#)
        let list = try ZodSchema.schema(of: "z.object({ a: z.string() }).array()", place: "p")
        #expect(list["items"]?["required"] == ["a"])
        for code in ["process.exit(1)", "z.object({a: (() => 1)()})", "z.string().transform(x => x)", "z.object({"] {
            #expect(throws: FlowError.self, "\(code)") { try ZodSchema.schema(of: code, place: "p") }
        }
    }

    @Test func agentsUseToolsAndRemember() async throws {
        let flow = """
            {"nodes": [
              {"id": "m", "data": {"name": "chatAnthropic", "inputs": {}}},
              {"id": "t", "data": {"name": "calculator", "inputs": {}}},
              {"id": "b", "data": {"name": "bufferMemory", "inputs": {}}},
              {"id": "a", "data": {"name": "toolAgent", "inputs": {"model": "{{m.data.instance}}", "tools": ["{{t.data.instance}}"],
                "systemMessage": "Be brief."}}}],
             "edges": [\(Self.edges([("m", "a", "model"), ("t", "a", "tools"), ("b", "a", "memory")]))]}
            """
        let store = try MemoryStore()
        let model = ScriptedModel(answers: [
            ChatAnswer(toolCalls: [AgentToolCall(id: "1", name: "calculator", arguments: ["expression": "6*7"])]),
            ChatAnswer(text: "42"), ChatAnswer(text: "You asked for 6*7."),
        ])
        #expect(try await run(flow, "6*7?", model, change: { $0.store = store }).text == "42")
        _ = try await run(flow, "What did I ask?", model, change: { $0.store = store })
        #expect(
            model.conversations[2]
                == [.system("Be brief."), .user("6*7?"), .assistant("42"), .user("What did I ask?")])
    }

    @Test func answersComeFromDocuments() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/flow-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try "The sauna is heated on Fridays.\n\nBicycles stand in the yard.".write(
            toFile: folder + "/house.txt", atomically: true, encoding: .utf8)
        let flow = """
            {"nodes": [
              {"id": "m", "data": {"name": "chatOllama", "inputs": {}}},
              {"id": "s", "data": {"name": "recursiveCharacterTextSplitter", "inputs": {"chunkSize": 40, "chunkOverlap": 0}}},
              {"id": "d", "data": {"name": "textFile", "inputs": {}}},
              {"id": "v", "data": {"name": "faiss", "inputs": {"topK": "1"}}},
              {"id": "c", "data": {"name": "conversationalRetrievalQAChain", "inputs": {"vectorStoreRetriever": "x",
                "responsePrompt": "Use this: {context}"}}}],
             "edges": [\(Self.edges([("m", "c", "model"), ("s", "d", "textSplitter"), ("d", "v", "document"),
                ("v", "c", "vectorStoreRetriever")]))]}
            """
        let model = ScriptedModel(["On Fridays."])
        let result = try await run(flow, "When is the sauna heated?", model, change: { $0.documents = ["d": folder] })
        #expect(result.text == "On Fridays.")
        let told = model.conversations[0][0].text
        #expect(
            told.hasPrefix("Use this: [1] ") && told.contains("> The sauna is heated") && !told.contains("Bicycles"))
        await #expect(throws: FlowError.self) { try await run(flow, "?", ScriptedModel(["x"])) }
    }

    /// A start, a choice by a model, two branches that meet, a loop with an end, and state.
    private static let steps = """
        {"nodes": [
          {"id": "startAgentflow_0", "data": {"name": "startAgentflow", "label": "Start", "inputs": {"startInputType": "chatInput",
            "startState": [{"key": "count", "value": ""}]}}},
          {"id": "llmAgentflow_0", "data": {"name": "llmAgentflow", "label": "Count", "inputs": {"llmModel": "chatOpenAI",
            "llmMessages": [{"role": "system", "content": "<p>Count &lt;n&gt; for <span class=\\"variable\\">{{ question }}</span></p>"}],
            "llmStructuredOutput": [{"key": "n", "type": "number", "description": "how many"}],
            "llmUpdateState": [{"key": "count", "value": "<p>{{ output.n }}</p>"}]}}},
          {"id": "conditionAgentflow_0", "data": {"name": "conditionAgentflow", "label": "Enough?", "inputs": {"conditions": [
            {"type": "number", "value1": "<p>{{ $flow.state.count }}</p>", "operation": "largerEqual", "value2": 3}]}}},
          {"id": "loopAgentflow_0", "data": {"name": "loopAgentflow", "label": "Again", "inputs": {
            "loopBackToNode": "llmAgentflow_0-Count", "maxLoopCount": "5"}}},
          {"id": "directReplyAgentflow_0", "data": {"name": "directReplyAgentflow", "label": "Say", "inputs": {
            "directReplyMessage": "There are {{ $flow.state.count }} ({{ llmAgentflow_0.output.n }})."}}}],
         "edges": [
          {"source": "startAgentflow_0", "target": "llmAgentflow_0", "sourceHandle": "startAgentflow_0-output-startAgentflow", "targetHandle": "llmAgentflow_0"},
          {"source": "llmAgentflow_0", "target": "conditionAgentflow_0", "sourceHandle": "llmAgentflow_0-output-llmAgentflow", "targetHandle": "conditionAgentflow_0"},
          {"source": "conditionAgentflow_0", "target": "directReplyAgentflow_0", "sourceHandle": "conditionAgentflow_0-output-0", "targetHandle": "directReplyAgentflow_0"},
          {"source": "conditionAgentflow_0", "target": "loopAgentflow_0", "sourceHandle": "conditionAgentflow_0-output-1", "targetHandle": "loopAgentflow_0"}]}
        """

    @Test func stepsChooseAndLoop() async throws {
        let model = ScriptedModel([#"{"n": 1}"#, #"{"n": 2}"#, #"{"n": 3}"#])
        let result = try await run(Self.steps, "apples", model)
        #expect(result.text == "There are 3 (3).")
        #expect(result.state == ["count": 3])
        #expect(model.conversations[0] == [.system("Count <n> for apples"), .user("apples")])
        // Without an end to it the loop ends at its own limit.
        let endless = ScriptedModel { _, _ in ChatAnswer(text: #"{"n": 0}"#) }
        _ = try await run(Self.steps, "apples", endless)
        #expect(endless.conversations.count == 6)
    }

    @Test func budgetsAndProblemsStopFlows() async throws {
        let endless = ScriptedModel { _, _ in ChatAnswer(text: #"{"n": 0}"#) }
        let flow = try FlowFile(JSON(parsing: Self.steps, source: "f"), source: "f")
        let runner = try FlowRunner(flow, setup: FlowSetup(store: MemoryStore()) { _ in endless })
        await #expect(throws: BudgetError.self) { try await Budget(steps: 4).run { try await runner.run("x") } }
        let code = Self.steps.replacing("directReplyAgentflow\"", with: "customFunctionAgentflow\"")
        await #expect(throws: FlowError.self) { try await run(code, "x", endless) }
    }

    @Test func peopleAreAsked() async throws {
        let flow = """
            {"nodes": [
              {"id": "s", "data": {"name": "startAgentflow", "inputs": {}}},
              {"id": "h", "data": {"name": "humanInputAgentflow", "inputs": {"humanInputDescription": "Send {{ question }}?"}}},
              {"id": "y", "data": {"name": "directReplyAgentflow", "inputs": {"directReplyMessage": "sent"}}},
              {"id": "n", "data": {"name": "directReplyAgentflow", "inputs": {"directReplyMessage": "kept: {{ h }}"}}}],
             "edges": [{"source": "s", "target": "h", "sourceHandle": "s-output-x", "targetHandle": "h"},
              {"source": "h", "target": "y", "sourceHandle": "h-output-0", "targetHandle": "y"},
              {"source": "h", "target": "n", "sourceHandle": "h-output-1", "targetHandle": "n"}]}
            """
        let model = ScriptedModel([])
        #expect(try await run(flow, "it", model, change: { $0.human = { ($0 == "Send it?", "") } }).text == "sent")
        #expect(
            try await run(flow, "it", model, change: { $0.human = { _ in (false, "too late") } }).text
                == "kept: too late")
        await #expect(throws: FlowError.self) { try await run(flow, "it", model) }
    }

    @Test func iterationsGoThroughLists() async throws {
        let flow = """
            {"nodes": [
              {"id": "s", "data": {"name": "startAgentflow", "inputs": {"startInputType": "formInput",
                "formInputTypes": [{"type": "string", "label": "List", "name": "list"}]}}},
              {"id": "i", "data": {"name": "iterationAgentflow", "inputs": {"iterationInput": "{{ $form.list }}"}}},
              {"id": "l", "parentNode": "i", "data": {"name": "llmAgentflow", "inputs": {"llmModel": "chatOpenAI",
                "llmUserMessage": "Say {{ $iteration.name }}"}}},
              {"id": "r", "data": {"name": "directReplyAgentflow", "inputs": {"directReplyMessage": "{{ i }}"}}}],
             "edges": [{"source": "s", "target": "i", "sourceHandle": "s-output-x", "targetHandle": "i"},
              {"source": "i", "target": "r", "sourceHandle": "i-output-x", "targetHandle": "r"}]}
            """
        let model = ScriptedModel { messages, _ in ChatAnswer(text: messages.last?.text.uppercased() ?? "") }
        let form: JSON.Object = ["list": #"[{"name": "a"}, {"name": "b"}]"#]
        #expect(try await run(flow, "", model, form: form).text == "SAY A\n\nSAY B")
    }

    @Test func sequentialAgentsTakeTurns() async throws {
        let flow = """
            {"nodes": [
              {"id": "m", "data": {"name": "chatOpenAI", "inputs": {}}},
              {"id": "st", "data": {"name": "seqState", "inputs": {"stateMemoryUI": "[{\\"key\\": \\"kind\\", \\"type\\": \\"Replace\\", \\"defaultValue\\": \\"\\"}]"}}},
              {"id": "s", "data": {"name": "seqStart", "inputs": {"model": "x"}}},
              {"id": "l", "data": {"name": "seqLLMNode", "inputs": {"llmNodeName": "Sort", "systemMessagePrompt": "Sort {what}",
                "promptValues": "{\\"what\\": \\"{{question}}\\"}",
                "llmStructuredOutput": "[{\\"key\\": \\"kind\\", \\"type\\": \\"Enum\\", \\"enumValues\\": \\"praise, complaint\\"}]",
                "updateStateMemoryUI": "[{\\"key\\": \\"kind\\", \\"value\\": \\"$flow.output.kind\\"}]"}}},
              {"id": "c", "data": {"name": "seqCondition", "inputs": {"conditionName": "Which",
                "conditionUI": "[{\\"variable\\": \\"$flow.state.kind\\", \\"operation\\": \\"Is\\", \\"value\\": \\"complaint\\", \\"output\\": \\"Help Desk\\"}]"}}},
              {"id": "a", "data": {"name": "seqAgent", "inputs": {"agentName": "Helper", "systemMessagePrompt": "Help."}}},
              {"id": "e", "data": {"name": "seqEnd", "inputs": {}}}, {"id": "e2", "data": {"name": "seqEnd", "inputs": {}}}],
             "edges": [\(Self.edges([("m", "s", "model"), ("st", "s", "state"), ("s", "l", "sequentialNode"),
                ("l", "c", "sequentialNode"), ("a", "e", "sequentialNode")])),
              {"source": "c", "target": "a", "sourceHandle": "c-output-helpDesk-Condition", "targetHandle": "a-input-sequentialNode-X"},
              {"source": "c", "target": "e2", "sourceHandle": "c-output-end-Condition", "targetHandle": "e2-input-sequentialNode-X"}]}
            """
        let model = ScriptedModel([#"{"kind": "complaint"}"#, "I am sorry."])
        let result = try await run(flow, "It is broken", model)
        #expect(result.text == "I am sorry." && result.state == ["kind": "complaint"])
        #expect(model.conversations[0][0] == .system("Sort It is broken"))
        #expect(model.conversations[1].first == .system("Help."))
    }

    @Test func supervisorsLeadWorkers() async throws {
        let flow = """
            {"nodes": [
              {"id": "m", "data": {"name": "chatOpenAI", "inputs": {}}},
              {"id": "s", "data": {"name": "supervisor", "inputs": {"model": "x", "supervisorPrompt": "Lead {team_members}"}}},
              {"id": "w", "data": {"name": "worker", "inputs": {"workerName": "Poet", "workerPrompt": "Write for {company}",
                "promptValues": "{\\"company\\": \\"ACME\\"}", "supervisor": "{{s.data.instance}}"}}}],
             "edges": [\(Self.edges([("m", "s", "model"), ("s", "w", "supervisor")]))]}
            """
        let model = ScriptedModel([#"{"next": "Poet", "task": "a poem"}"#, "Roses", #"{"next": "FINISH", "task": ""}"#])
        #expect(try await run(flow, "A poem", model).text == "Roses")
        #expect(model.conversations[1].first == .system("Write for ACME"))
    }

    @Test func conditionsCompare() throws {
        let cases: [(JSON, String, JSON, Bool)] = [
            ("3", "equal", 3, true), ("a", "Is Not", "b", true), ("abc", "Contains", "b", true),
            ("", "Is Empty", "", true), ([], "isEmpty", "", true), ("x", "Is Not Empty", "", true),
            ("10", "Greater Than", "9", true), ("", "Greater Than", "6", false), ("abc", "startsWith", "b", false),
            ("a1", "regex", "^[a-z]\\d$", true),
        ]
        for (first, operation, second, holds) in cases {
            #expect(try Comparison.holds(first, operation, second, at: "n") == holds, "\(first) \(operation) \(second)")
        }
        #expect(throws: FlowError.self) { try Comparison.holds("a", "larger", 3, at: "n") }
        #expect(throws: FlowError.self) { try Comparison.holds("a", "resembles", 3, at: "n") }
        #expect(throws: FlowError.self) { try Comparison.holds("a", "regex", "(", at: "n") }
    }

    @Test func flowsBecomeSwift() throws {
        let flow = try FlowFile(JSON(parsing: Self.steps, source: "my flow.json"), source: "my flow.json")
        let swift = try FlowExport(flow).swift
        #expect(swift.contains("struct MyFlow {") && swift.contains("static let node_loopAgentflow_0 = FlowNode("))
        #expect(FlowExport.literal("a\"\\(x)\n\u{1}") == #""a\"\\(x)\n\u{1}""#)
        #expect(throws: FlowError.self) { try FlowExport(flow, name: "1; evil()") }
    }
}
