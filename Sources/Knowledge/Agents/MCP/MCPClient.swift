import Essentials
public import JSONValues
import WebClient

/// A server of the Model Context Protocol, whose tools become tools here.
///
/// ```swift
/// import Swiftlet
///
/// let server = try await MCPClient.start("python3", ["server.py"])
/// let agent = Agent("helper", model: model, tools: try await server.tools())
/// print(try await agent.run("Use your tools.").text)
/// await server.close()
/// ```
public actor MCPClient {
    private let connection: any MCPConnection
    private let name: String
    private var nextID = 1

    private init(_ connection: any MCPConnection, name: String) { (self.connection, self.name) = (connection, name) }

    /// Starts a program and speaks with it over its standard input and output.
    ///
    /// - Parameter environment: Set in addition to `PATH` and `HOME`; nothing else of this process is handed on.
    public static func start(
        _ program: String, _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> MCPClient {
        let client = MCPClient(MCPProcess(program, arguments, environment), name: program)
        try await client.begin()
        return client
    }

    /// Speaks with a server over HTTP.
    public static func connect(_ address: String, key: String? = nil) async throws -> MCPClient {
        let client = MCPClient(try MCPEndpoint(address, key: key), name: address)
        try await client.begin()
        return client
    }

    private func begin() async throws {
        do {
            let answer = try await ask("initialize", MCP.introduction)
            guard let version = answer["protocolVersion"]?.stringValue, MCP.versions.contains(version) else {
                throw ToolError.failed(
                    tool: name,
                    reason: "it speaks MCP \(answer["protocolVersion"]?.text() ?? "of no version"), which is not known")
            }
            await connection.agree(on: version)
            try await connection.notify(MCP.notification("notifications/initialized"))
        } catch {
            await connection.close()
            throw error
        }
    }

    /// The server's tools.
    public func tools() async throws -> [AgentTool] {
        var (tools, cursor): ([AgentTool], JSON?) = ([], nil)
        // A server that never ends its list is no reason to hang.
        for _ in 0..<100 {
            let page = try await ask("tools/list", cursor.map { ["cursor": $0] } ?? [:])
            for tool in page["tools"]?.arrayValue ?? [] {
                guard let toolName = tool["name"]?.stringValue else { continue }
                tools.append(
                    AgentTool(
                        toolName, tool["description"]?.stringValue ?? "",
                        parameters: tool["inputSchema"] ?? ["type": "object"]
                    ) { [self] arguments in try await call(toolName, arguments) })
            }
            cursor = page["nextCursor"].flatMap { $0.isNull ? nil : $0 }
            if cursor == nil { break }
        }
        return tools
    }

    /// Calls a tool.
    public func call(_ tool: String, _ arguments: JSON) async throws -> String {
        let result = try await ask("tools/call", ["name": .string(tool), "arguments": arguments])
        let text = MCP.text(result)
        if result["isError"] == true { throw ToolError.failed(tool: tool, reason: text) }
        return text
    }

    /// Ends the conversation.
    public func close() async { await connection.close() }

    private func ask(_ method: String, _ parameters: JSON) async throws -> JSON {
        let id = nextID
        nextID += 1
        let answer = try await connection.ask(MCP.request(id, method, parameters), id: id)
        if let error = answer["error"] {
            throw ToolError.failed(tool: name, reason: "\(method): \(error["message"]?.stringValue ?? error.text())")
        }
        return answer["result"] ?? [:]
    }
}

/// A way to a server.
protocol MCPConnection: Sendable {
    /// Sends a request and waits for what belongs to it.
    func ask(_ message: JSON, id: Int) async throws -> JSON
    /// Sends what has no answer.
    func notify(_ message: JSON) async throws
    /// Notes the version that both speak.
    func agree(on version: String) async
    /// Ends it.
    func close() async
}
