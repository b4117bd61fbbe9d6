import JSONValues
import Testing

@testable import Agents

struct ModelTests {
    private static let clock = ToolDescription(name: "clock", description: "", parameters: ["type": "object"])

    @Test(arguments: [
        (HostedModel.Format.openAI, "You said Hi", "a"), (.anthropic, "Be kind.", "a"),
        (.gemini, "one two", "call-0-clock"),
    ])
    func serversAnswerInTheirOwnFormats(_ format: HostedModel.Format, _ text: String, _ id: String) async throws {
        let server = try TestServer()
        defer { server.stop() }
        let model = try HostedModel(format, model: "m", url: "http://127.0.0.1:\(server.port)/v1/", key: "k")
        var options = ChatOptions(temperature: 0.5, maximumTokens: 10)
        options.tools = [Self.clock]
        let answer = try await model.answer([.system("Be kind."), .user("Hi")], options)
        #expect(answer.text == text)
        #expect(answer.toolCalls == [AgentToolCall(id: id, name: "clock", arguments: ["a": 1])])
        #expect(answer.usage.promptTokens == 7 && answer.usage.completionTokens == 3)
        #expect(answer.usage.isCut == (format == .anthropic))
        if format == .openAI {
            await #expect(throws: ModelError.server(model: "m", reason: "out of order")) {
                try await model.answer("fail")
            }
        }
    }

    @Test func requestsHaveTheFormOfTheirServers() throws {
        let conversation: [ChatMessage] = [
            .system("S"), .user("U"),
            ChatMessage(.assistant, "", toolCalls: [AgentToolCall(id: "1", name: "clock", arguments: ["a": 1])]),
            ChatMessage(.tool, "noon", callID: "1", toolName: "clock"),
        ]
        let schema: JSON = ["type": "object"]
        let openAI = OpenAIFormat().body(model: "m", conversation, ChatOptions(schema: schema))
        #expect(openAI["messages"]?[2]?["tool_calls"]?[0]?["function"]?["arguments"] == "{\"a\":1}")
        #expect(openAI["messages"]?[3]?["tool_call_id"] == "1")
        #expect(openAI["response_format"]?["json_schema"]?["schema"] == schema)
        let anthropic = AnthropicFormat().body(model: "m", conversation, ChatOptions(schema: schema))
        #expect(anthropic["system"] == "S")
        #expect(anthropic["messages"]?.arrayValue?.map { $0["role"] } == ["user", "assistant", "user"])
        #expect(anthropic["messages"]?[2]?["content"]?[0]?["tool_use_id"] == "1")
        #expect(anthropic["tool_choice"]?["name"] == "give_answer")
        let gemini = GeminiFormat().body(model: "m", conversation, ChatOptions(schema: schema))
        #expect(gemini["systemInstruction"]?["parts"]?[0]?["text"] == "S")
        #expect(gemini["contents"]?[1]?["parts"]?[0]?["functionCall"]?["args"] == ["a": 1])
        #expect(gemini["contents"]?[2]?["parts"]?[0]?["functionResponse"]?["name"] == "clock")
    }

    @Test func modelsAreNamed() throws {
        #expect(try HostedModel.named("smollm2", environment: [:]) == nil)
        #expect(try HostedModel.named("openai:gpt-4o", environment: [:])?.name == "gpt-4o")
        #expect(try HostedModel.named("http://localhost:8080/v1#small", environment: [:])?.name == "small")
        #expect(throws: ModelError.self) { try HostedModel(.openAI, model: "m", url: "file:///etc/passwd") }
    }

    @Test func actionsOfLocalModelsAreHeldToAForm() throws {
        var options = ChatOptions()
        options.tools = [Self.clock]
        let actions = ToolActions(options)
        #expect(actions.schema["anyOf"]?.arrayValue?.count == 2)
        #expect(try actions.events(#"{"answer": "noon"}"#, model: "m") == [.text("noon")])
        let call = try actions.events(#"{"tool": "clock", "arguments": {}}"#, model: "m")
        #expect(call == [.toolCall(AgentToolCall(id: "call-clock", name: "clock", arguments: [:]))])
        #expect(throws: ModelError.self) { try actions.events(#"{"tool": "cl"#, model: "m") }
    }

    @Test func answersWithTalkAroundAreRead() async throws {
        struct Point: Decodable, Sendable { var x: Int }
        let model = ScriptedModel(["Sure:\n```json\n{\"x\": 3}\n```"])
        #expect(try await model.value(Point.self, [.user("?")], schema: [:]).x == 3)
        let bad = ScriptedModel { _, _ in ChatAnswer(text: "no") }
        await #expect(throws: ModelError.self) { try await bad.value(Point.self, [.user("?")], schema: [:]) }
        #expect(bad.conversations.count == 3)
    }

    @Test func routersChooseFallBackAndCount() async throws {
        struct Down: Error {}
        let small = ScriptedModel(name: "small") { _, _ in throw Down() }
        let large = ScriptedModel(name: "large") { _, _ in
            ChatAnswer(text: "hi", usage: ChatUsage(promptTokens: 1_000_000, completionTokens: 100_000))
        }
        let ledger = CostLedger(prices: ["large": .init(input: 2, output: 10)], limit: 5)
        let router = ModelRouter(
            [.init(large), .init(small, longestPrompt: 100), .init(small, tasks: ["code"])], ledger: ledger,
            prefersCheap: true)
        #expect(router.candidates([.user("x")]).map(\.name) == ["small", "large"])
        #expect(router.candidates([.user(String(repeating: "x", count: 1000))]).map(\.name) == ["large"])
        #expect(ModelRouter.$task.withValue("code") { router.candidates([.user("x")]).count } == 3)
        #expect(try await router.answer("x") == "hi")
        #expect(ledger.total == 3 && ledger.entries["large"]?.calls == 1)
        #expect(try await router.answer("x") == "hi")
        await #expect(throws: ModelError.self) { try await router.answer("x") }
    }
}
