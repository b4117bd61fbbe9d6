import Agents
import Essentials
import Files
import Flows
import Inference
import JSONValues
import Retrieval
import Serving
import Synchronization

/// What was opened for a run of flows or agents.
final class ResourceSession: Sendable {
    private struct State {
        var models: [String: any ChatModel] = [:]
        var clients: [MCPClient] = []
        var encoders: [String: PassageEncoder] = [:]
    }

    private let options: ResourceOptions
    private let state = Mutex(State())
    private let trace = Trace()

    init(_ options: ResourceOptions) throws { self.options = options }

    /// Runs work within the budget, and writes the trace, however it ends.
    func run<Result: Sendable>(
        _ own: Budget? = nil, _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        var budget = Budget(steps: options.maxSteps, tokens: options.maxTotalTokens, seconds: options.maxSeconds)
        if let steps = own?.steps { budget.steps = min(budget.steps ?? steps, steps) }
        if let tokens = own?.tokens { budget.tokens = min(budget.tokens ?? tokens, tokens) }
        if let seconds = own?.seconds { budget.seconds = min(budget.seconds ?? seconds, seconds) }
        let outcome: Swift.Result<Result, any Error>
        let limited = budget
        do {
            outcome = .success(try await RunContext.tracing(trace) { try await limited.run(work) })
        } catch { outcome = .failure(error) }
        await close()
        if let path = options.trace { try AtomicFile.write(Array(trace.openTelemetry.text().utf8), to: path) }
        return try outcome.get()
    }

    func close() async {
        let clients = state.withLock { state in
            defer { state.clients = [] }
            return state.clients
        }
        for client in clients { await client.close() }
    }

    /// The model for the first of these names that one is given for, or the one for all.
    func model(for names: [String], otherwise: String? = nil) async throws -> any ChatModel {
        let given = options.named(options.model)
        let name = names.lazy.compactMap { given[$0] }.first ?? given[""] ?? otherwise ?? ""
        if let known = state.withLock({ $0.models[name] }) { return known }
        let environment = ProcessInfo.processInfo.environment
        let model: any ChatModel
        if let hosted = try HostedModel.named(name, environment: environment) {
            model = hosted
        } else {
            let path = try ModelOptions.path(of: name.isEmpty ? nil : name)
            model = LocalChatModel(try loadEngine(path, id: nil, options: options.modelOptions).engine)
        }
        let limited = LimitedModel(model, maximumTokens: options.maxTokens, temperature: options.temperature)
        state.withLock { $0.models[name] = limited }
        return limited
    }

    private var hosts: HostPolicy {
        var hosts = HostPolicy(allowed: options.host)
        if let search = options.search, let host = URL(string: search.replacing("{query}", with: "q"))?.host {
            hosts.allowed.append(host.lowercased())
        }
        return hosts
    }

    private func encoder(_ name: String) throws -> PassageEncoder {
        if let known = state.withLock({ $0.encoders[name] }) { return known }
        let encoder = try DocumentModels.encoder(name, threads: options.modelOptions.threads)
        state.withLock { $0.encoders[name] = encoder }
        return encoder
    }

    /// The collection for a name, or the one for all.
    func passages(_ names: [String]) throws -> (any PassageSource)? {
        let given = options.named(options.collection)
        guard let name = names.lazy.compactMap({ given[$0] }).first ?? given[""] else { return nil }
        let collection = try DocumentModels.collections.open(name)
        return CollectionSource(collection, encoder: try encoder(collection.encoder))
    }

    /// What a flow is run with.
    func flowSetup() async throws -> FlowSetup {
        var setup = FlowSetup(store: try MemoryStore(path: options.memory)) { [self] request in
            try await model(for: [request.node, request.service])
        }
        setup.passages = { [self] node, name in try passages([node, name].compactMap { $0 }) }
        if let name = options.encoder { setup.encoder = try encoder(name) }
        (setup.documents, setup.servers) = (options.named(options.documents), options.named(options.mcp))
        (setup.flows, setup.hosts) = (options.named(options.flow), hosts)
        (setup.searchEndpoint, setup.database) = (options.search, options.database)
        (setup.allowsCode, setup.session) = (options.allowCode, options.session)
        for (name, value) in try options.pairs(options.variable, "--variable") {
            setup.variables[name] = .string(value)
        }
        setup.approve = approval
        let mode = options.approve
        setup.human = { question in
            switch mode {
            case .yes: (true, "")
            case .no: (false, "")
            case .ask: Self.ask(question)
            }
        }
        return setup
    }

    /// Asks on the terminal.
    private static func ask(_ question: String) -> (Bool, String) {
        Console.draw("\(question)\n[y]es, or no and why: ", on: 2)
        let answer = (readLine() ?? "").trimmed
        let agrees = ["y", "yes"].contains(answer.lowercased())
        return (agrees, agrees ? "" : answer)
    }

    private var approval: Agent.Approval {
        let mode = options.approve
        return { call in
            switch mode {
            case .yes: return .approved
            case .no: return .rejected("nobody agreed; --approve ask or yes")
            case .ask:
                let (agrees, remark) = Self.ask("May \(call.name) be called with \(call.arguments.text())?")
                return agrees ? .approved : .rejected(remark.isEmpty ? "the user did not agree" : remark)
            }
        }
    }

    /// The agent that a file describes, with its colleagues.
    func agent(_ file: AgentFile) async throws -> Agent {
        var tools: [AgentTool] = []
        for name in file.tools { tools += try await self.tools(named: name, file.name) }
        var colleagues: [Agent] = []
        for colleague in file.colleagues { colleagues.append(try await agent(colleague)) }
        return Agent(
            file.name, instructions: file.instructions,
            model: try await model(for: [file.name], otherwise: file.model), tools: tools, strategy: file.strategy,
            colleagues: colleagues, maximumSteps: file.budget.steps ?? 15, approve: approval)
    }

    private func tools(named name: String, _ agent: String) async throws -> [AgentTool] {
        func missing(_ option: String) -> CommandError {
            CommandError("the agent \(agent) has the tool \(name), which needs \(option)")
        }
        switch name {
        case "calculator": return [Calculator.tool]
        case "clock": return [SmallTools.clock]
        case "json_path": return [SmallTools.jsonPath]
        case "search":
            guard let source = try passages([agent]) else { throw missing("--collection NAME") }
            return [source.tool("search", "Searches the documents.")]
        case "sql":
            guard let path = options.database else { throw missing("--database FILE") }
            return [try SQLSource(path: path).tool()]
        case "files":
            guard let root = options.root else { throw missing("--root FOLDER") }
            return try FileRoot(path: root).tools
        case "web_page":
            guard !options.host.isEmpty else { throw missing("--host HOST") }
            return [WebTools(hosts).page]
        case "web_search":
            guard let endpoint = options.search else { throw missing("--search ENDPOINT") }
            return [WebTools(hosts).search(endpoint: endpoint)]
        case "python", "shell":
            guard options.allowCode else { throw missing("--allow-code") }
            return try await Sandbox().tools.filter { $0.name == name }
        case "mcp":
            guard !options.mcp.isEmpty else { throw missing("--mcp COMMAND") }
            return try await serverTools()
        default:
            throw CommandError(
                "the agent \(agent) has the tool \(name), which is not known; there are calculator, clock, json_path, "
                    + "search, sql, files, web_page, web_search, python, shell and mcp")
        }
    }

    private func serverTools() async throws -> [AgentTool] {
        var tools: [AgentTool] = []
        for server in options.named(options.mcp).sorted(by: { $0.key < $1.key }).map(\.value) {
            let client: MCPClient
            if server.hasPrefix("http://") || server.hasPrefix("https://") {
                client = try await MCPClient.connect(server)
            } else {
                let words = server.split(separator: " ").map(String.init)
                client = try await MCPClient.start(words.first ?? "", Array(words.dropFirst()))
            }
            state.withLock { $0.clients.append(client) }
            tools += try await client.tools()
        }
        return tools
    }

    /// Everything that the options allow.
    func allTools() async throws -> [AgentTool] {
        var names = ["calculator", "clock", "json_path"]
        if !options.collection.isEmpty { names.append("search") }
        if options.database != nil { names.append("sql") }
        if options.root != nil { names.append("files") }
        if !options.host.isEmpty { names.append("web_page") }
        if options.search != nil { names.append("web_search") }
        if options.allowCode { names += ["python", "shell"] }
        if !options.mcp.isEmpty { names.append("mcp") }
        var tools: [AgentTool] = []
        for name in names { tools += try await self.tools(named: name, "mcp") }
        return tools
    }
}

/// A model whose answers are limited where nobody else does.
private struct LimitedModel: ChatModel {
    let model: any ChatModel
    let maximumTokens: Int
    let temperature: Double?

    var name: String { model.name }

    init(_ model: any ChatModel, maximumTokens: Int, temperature: Double?) {
        (self.model, self.maximumTokens, self.temperature) = (model, maximumTokens, temperature)
    }

    func tokenCount(of text: String) -> Int { model.tokenCount(of: text) }

    func stream(_ messages: [ChatMessage], _ options: ChatOptions) async throws -> AsyncThrowingStream<
        ChatEvent, any Error
    > {
        var options = options
        options.maximumTokens = options.maximumTokens ?? maximumTokens
        // What is given on the command line outweighs what a flow was drawn with.
        options.temperature = temperature ?? options.temperature
        return try await model.stream(messages, options)
    }
}
