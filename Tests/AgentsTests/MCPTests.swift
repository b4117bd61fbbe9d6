import JSONValues
import Testing

@testable import Agents

struct MCPTests {
    @Test func toolsOfServersAreCalled() async throws {
        let client = try await MCPClient.start("python3", [TestServer.script, "mcp"])
        let tools = try await client.tools()
        #expect(tools.map(\.name) == ["shout", "fail", "leave"])
        #expect(try await tools[0].call(["text": "hello"]) == "HELLO")
        await #expect(throws: ToolError.failed(tool: "fail", reason: "X")) { try await tools[1].call(["text": "x"]) }
        // A server that goes away in the middle is an error, not a wait without end.
        await #expect(throws: ToolError.self) { try await tools[2].call(["text": "x"]) }
        await #expect(throws: ToolError.self) { try await tools[0].call(["text": "x"]) }
        await client.close()
    }

    @Test func whatIsNoServerIsAnError() async throws {
        await #expect(throws: ToolError.self) { try await MCPClient.start("/bin/true", []) }
        await #expect(throws: ToolError.self) { try await MCPClient.start("no-such-program-here", []) }
    }

    @Test func ownToolsAreOffered() async throws {
        let server = MCPServer(tools: [Calculator.tool])
        func ask(_ message: String) async throws -> JSON? {
            try await server.answer(to: message).map { try JSON(parsing: $0, source: "answer") }
        }
        let hello = try await ask(
            #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2024-11-05"}}"#)
        #expect(hello?["result"]?["protocolVersion"] == "2024-11-05")
        #expect(try await ask(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#) == nil)
        let list = try await ask(#"{"jsonrpc":"2.0","id":"a","method":"tools/list"}"#)
        #expect(list?["id"] == "a" && list?["result"]?["tools"]?[0]?["name"] == "calculator")
        func call(_ expression: String) async throws -> JSON? {
            try await ask(
                #"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"calculator","arguments":{"expression":"\#(expression)"}}}"#
            )?["result"]
        }
        #expect(try await call("6*7")?["content"]?[0]?["text"] == "42")
        #expect(try await call("6*")?["isError"] == true)
        #expect(try await ask("{")?["error"]?["code"] == -32700)
        #expect(try await ask(#"{"id":3,"method":"x"}"#)?["error"]?["code"] == -32601)
    }
}
