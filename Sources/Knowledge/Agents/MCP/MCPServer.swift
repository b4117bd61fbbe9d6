import JSONValues

/// Offers tools to others over the Model Context Protocol.
public struct MCPServer: Sendable {
    private let tools: [AgentTool]

    /// Offers these tools.
    public init(tools: [AgentTool]) { self.tools = tools }

    /// The answer to a line; nil for messages that want none.
    public func answer(to line: String) async -> String? {
        let message: JSON
        do { message = try JSON(parsing: line, source: "the message") } catch {
            return MCP.error(.null, -32700, "\(error)").text()
        }
        guard let method = message["method"]?.stringValue else {
            return message["id"] == nil ? MCP.error(.null, -32600, "there is no method").text() : nil
        }
        guard let id = message["id"] else { return nil }
        let parameters = message["params"] ?? [:]
        switch method {
        case "initialize": return MCP.result(id, introduction(parameters)).text()
        case "ping": return MCP.result(id, [:]).text()
        case "tools/list": return MCP.result(id, ["tools": .array(tools.map(Self.listed))]).text()
        case "tools/call": return await call(id, parameters).text()
        default: return MCP.error(id, -32601, "there is no method \(method)").text()
        }
    }

    private func introduction(_ parameters: JSON) -> JSON {
        let asked = parameters["protocolVersion"]?.stringValue ?? ""
        return [
            "protocolVersion": .string(MCP.versions.contains(asked) ? asked : MCP.version),
            "capabilities": ["tools": [:]], "serverInfo": ["name": "swiftlet", "version": "0.1.0"],
        ]
    }

    private static func listed(_ tool: AgentTool) -> JSON {
        [
            "name": .string(tool.name), "description": .string(tool.description.description),
            "inputSchema": tool.description.parameters,
        ]
    }

    private func call(_ id: JSON, _ parameters: JSON) async -> JSON {
        guard let tool = tools.first(where: { $0.name == parameters["name"]?.stringValue }) else {
            return MCP.error(id, -32602, "there is no tool \(parameters["name"]?.text() ?? "without a name")")
        }
        do {
            let text = try await tool.call(parameters["arguments"] ?? [:])
            return MCP.result(id, ["content": [["type": "text", "text": .string(text)]], "isError": false])
        } catch {
            return MCP.result(id, ["content": [["type": "text", "text": .string("\(error)")]], "isError": true])
        }
    }
}
