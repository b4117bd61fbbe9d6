import Agents
import JSONValues

extension FlowObjects {
    /// The tools that are wired to a node.
    func tools(_ node: FlowNode, _ key: String) async throws -> [AgentTool] {
        var tools: [AgentTool] = []
        for tool in wired(node, key) { tools += try await self.tools(tool) }
        return Self.distinct(tools)
    }

    /// The tools that a step chooses in its settings.
    func selectedTools(_ node: FlowNode) async throws -> [AgentTool] {
        var tools: [AgentTool] = []
        for (place, chosen) in node.selectedTools.enumerated() {
            let settings = chosen.settings.mapValues { value in
                value.stringValue.map { .string(EditorText.plain($0)) } ?? value
            }
            let tool = FlowNode(
                id: "\(node.id).\(chosen.name).\(place)", name: chosen.name, label: chosen.name, inputs: settings,
                outputs: [:], parent: nil)
            tools += try await self.tools(tool).map { chosen.needsApproval ? $0.approved() : $0 }
        }
        return Self.distinct(tools)
    }

    /// Several services may be one tool here, such as those that search the web.
    private static func distinct(_ tools: [AgentTool]) -> [AgentTool] {
        var seen: Set<ToolDescription> = []
        return tools.filter { seen.insert($0.description).inserted }
    }

    private func tools(_ node: FlowNode) async throws -> [AgentTool] {
        switch NodeCatalogue.kind(node.name) {
        case .calculator: return [Calculator.tool]
        case .clock: return [SmallTools.clock]
        case .jsonPath: return [SmallTools.jsonPath]
        case .webPage: return [WebTools(setup.hosts).page]
        case .webSearch:
            guard let endpoint = setup.searchEndpoint else {
                throw FlowError(
                    node.title, "searches the web",
                    remedy: "give an endpoint: --search 'https://host/search?q={query}&format=json'")
            }
            return [WebTools(setup.hosts).search(endpoint: endpoint)]
        case .codeInterpreter:
            guard setup.allowsCode else {
                throw FlowError(
                    node.title, "runs code that a model writes", remedy: "allow it, in a sandbox: --allow-code")
            }
            return [try await Sandbox().tools[0]]
        case .httpTool: return [try requestTool(node)]
        case .retrieverTool:
            let source = try await passages(node, "retriever")
            return [
                source.tool(
                    Self.toolName(node.text("name") ?? node.label), node.text("description") ?? "Finds passages.")
            ]
        case .chainTool: return [try chainTool(node)]
        case .flowTool: return [flowTool(node)]
        case .mcpServer: return try await serverTools(node)
        default: throw FlowError(node.title, "\(node.name) is no tool")
        }
    }

    /// A name that models may call.
    static func toolName(_ text: String) -> String {
        let name = text.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") ? String($0) : "_" }
        return name.isEmpty ? "tool" : String(name.joined().prefix(64))
    }

    private static let textSchema: JSON = [
        "type": "object", "properties": ["input": ["type": "string"]], "required": ["input"],
        "additionalProperties": false,
    ]

    private func chainTool(_ node: FlowNode) throws -> AgentTool {
        guard let chain = wired(node, "baseChain").first ?? wired(node, "baseQueryEngine").first else {
            throw FlowError(node.title, "has no chain")
        }
        return AgentTool(
            Self.toolName(node.text("name") ?? node.text("toolName") ?? node.label),
            node.text("description") ?? node.text("toolDesc") ?? "", parameters: Self.textSchema
        ) { [self] arguments in try await say(chain, arguments["input"]?.stringValue ?? "") }
    }

    private func flowTool(_ node: FlowNode) -> AgentTool {
        let name = node.text("selectedChatflow") ?? node.text("selectedAgentflow") ?? node.label
        return AgentTool(
            Self.toolName(node.text("name") ?? node.label), node.text("description") ?? "Asks another flow.",
            parameters: Self.textSchema
        ) { [self] arguments in try await runner.runOther(name, arguments["input"]?.stringValue ?? "", of: node) }
    }

    /// Asks one server, in the way that the node's settings say; the model fills in query, path and body.
    private func requestTool(_ node: FlowNode) throws -> AgentTool {
        let kind = node.name.dropFirst("requests".count)
        func setting(_ name: String) -> String? {
            node.text("requests\(kind)\(name)") ?? node.text("request\(kind)\(name)")
        }
        let method = kind.uppercased()
        let (url, hosts) = (setting("Url"), setup.hosts)
        let headers = try KeyValues.read(setting("Headers").map(JSON.string), node)
        var properties: JSON.Object = url == nil ? ["url": ["type": "string"]] : [:]
        var places: [String: String] = [:]
        for name in ["QueryParamsSchema", "BodySchema"] {
            guard let text = setting(name), let fields = try? JSON(parsing: text, source: node.title).objectValue else {
                continue
            }
            for (field, form) in fields {
                places[field] = name == "BodySchema" ? "body" : form["in"]?.stringValue ?? "query"
                properties[field] = [
                    "type": form["type"] ?? "string", "description": form["description"] ?? "",
                ]
            }
        }
        let hasBody = method == "POST" || method == "PUT"
        if hasBody, !places.values.contains("body") { properties["body"] = ["type": "object"] }
        let (fields, title) = (places, node.title)
        return AgentTool(
            Self.toolName(setting("Name") ?? "requests_\(method.lowercased())"),
            setting("Description") ?? "Sends a \(method) request.",
            parameters: ["type": "object", "properties": .object(properties), "additionalProperties": false]
        ) { arguments in
            var (address, query, body) = (url ?? arguments["url"]?.stringValue ?? "", [String](), JSON.Object())
            for (name, value) in arguments.objectValue ?? [:] {
                let text = WebTools.escaped(value.stringValue ?? value.text())
                switch fields[name] {
                case "path":
                    address =
                        address.contains(":\(name)") ? address.replacing(":\(name)", with: text) : "\(address)/\(text)"
                case "body": body[name] = value
                case "query": query.append("\(WebTools.escaped(name))=\(text)")
                default: if name == "body" { body = value.objectValue ?? [:] }
                }
            }
            if !query.isEmpty { address += (address.contains("?") ? "&" : "?") + query.joined(separator: "&") }
            let (status, text) = try await WebTools(hosts).request(
                method, address, headers: headers, body: hasBody ? JSON.object(body).text() : nil, tool: title)
            return (200..<300).contains(status) ? text : "status \(status): \(text)"
        }
    }

    /// The tools of a server, those only that the node chooses if it does.
    private func serverTools(_ node: FlowNode) async throws -> [AgentTool] {
        let settings = (node.text("mcpServerConfig").flatMap { try? JSON(parsing: $0, source: node.title) })
        guard let given = setup.servers[node.id] ?? setup.servers[node.name] ?? setup.servers[""] else {
            let wish = settings?["command"]?.stringValue ?? settings?["url"]?.stringValue
            throw FlowError(
                node.title, "uses an MCP server" + (wish.map { " (\($0))" } ?? ""),
                remedy: "give its command or address: --mcp \(node.name)=COMMAND")
        }
        let client: MCPClient
        if given.hasPrefix("http://") || given.hasPrefix("https://") {
            client = try await MCPClient.connect(given)
        } else {
            let words = given.split(separator: " ").map(String.init)
            client = try await MCPClient.start(words.first ?? "", Array(words.dropFirst()))
        }
        keep(client)
        let all = try await client.tools()
        let text = node.text("mcpActions")
        let chosen = text.flatMap { try? JSON(parsing: $0, source: node.title).arrayValue?.compactMap(\.stringValue) }
        return chosen.map { names in all.filter { names.contains($0.name) } } ?? all
    }
}
