import Agents
import JSONValues

/// The steps of AgentFlow 2.
extension StepRun {
    func start(_ node: FlowNode) throws -> (JSON, [String]) {
        for entry in node.input("startState")?.arrayValue ?? [] {
            guard let key = entry["key"]?.stringValue else { continue }
            variables.state[key] = entry["value"] ?? ""
        }
        if node.text("startInputType") == "formInput" {
            for field in node.input("formInputTypes")?.arrayValue ?? [] {
                guard let name = field["name"]?.stringValue, variables.form[name] == nil else { continue }
                let fields = node.input("formInputTypes")?.arrayValue ?? []
                // A form of one field is what the user says.
                guard fields.count == 1, !variables.question.isEmpty else {
                    throw FlowError(
                        node.title, "begins with a form whose \(name) is not given",
                        remedy: "give it: --form \(name)=VALUE")
                }
                variables.form[name] = .string(variables.question)
            }
        }
        return (["content": .string(variables.question)], following(node))
    }

    /// The model that a step's settings name.
    func stepModel(_ node: FlowNode, _ key: String) async throws -> (any ChatModel, ChatOptions) {
        let settings = node.configuration(key)
        let name = settings["modelName"]?.stringValue ?? settings["customModelName"]?.stringValue
        let model = try await setup.model(
            FlowSetup.ModelRequest(node: node.id, service: node.text(key) ?? "", model: name))
        return (model, FlowObjects.options(settings))
    }

    /// What a step tells its model: its own turns, the conversation if it has memory, and what the user says.
    private func conversation(_ node: FlowNode, _ prefix: String, _ model: any ChatModel) async throws -> [ChatMessage]
    {
        var (messages, own): ([ChatMessage], [ChatMessage]) = ([], [])
        for turn in node.input("\(prefix)Messages")?.arrayValue ?? [] {
            let role = ["developer": "system"][turn["role"]?.stringValue ?? ""] ?? turn["role"]?.stringValue ?? "user"
            own.append(
                ChatMessage(
                    ChatMessage.Role(rawValue: role) ?? .user, variables.text(turn["content"]?.stringValue ?? "")))
        }
        messages += own.filter { $0.role == .system }
        let hasMemory = node.flag("\(prefix)EnableMemory")
        if hasMemory { messages += try await remembered(node, prefix, model) }
        messages += own.filter { $0.role != .system }
        let asked = node.text("\(prefix)UserMessage").map(variables.text) ?? ""
        if !asked.isEmpty {
            messages.append(.user(asked))
        } else if hasMemory {
            messages += said
        } else if !messages.contains(where: { $0.role == .user }) {
            messages.append(.user(variables.question))
        }
        // Most chat templates want the user's turn last.
        if messages.last?.role != .user { messages.append(.user(variables.question)) }
        return messages
    }

    private func remembered(_ node: FlowNode, _ prefix: String, _ model: any ChatModel) async throws -> [ChatMessage] {
        let kind: Memory.Kind
        switch node.text("\(prefix)MemoryType") {
        case "windowSize": kind = .window(turns: node.integer("\(prefix)MemoryWindowSize") ?? 20)
        case "conversationSummary":
            guard !variables.history.isEmpty else { return [] }
            let talk = variables.history.map { "\($0.role.rawValue): \($0.text)" }.joined(separator: "\n")
            let summary = try await model.answer(
                "Sum up this conversation in a few sentences:\n\(PassageAnswer.quoted(talk))")
            return [.system("The conversation so far: \(summary)")]
        case "conversationSummaryBuffer":
            kind = .tokenBuffer(tokens: node.integer("\(prefix)MemoryMaxTokenLimit") ?? 2000, model)
        default: return variables.history
        }
        return try await Memory(kind, store: setup.store, conversation: setup.session).recall(for: variables.question)
    }

    private func say(
        _ node: FlowNode, _ prefix: String, _ model: any ChatModel, _ messages: [ChatMessage], _ options: ChatOptions
    ) async throws -> (String, JSON?) {
        guard let fields = node.input("\(prefix)StructuredOutput")?.arrayValue, !fields.isEmpty else {
            return (try await model.answer(messages, options).text, nil)
        }
        let schema = StructuredOutput.schema(fields)
        let value = try await model.value(JSON.self, messages, schema: schema, options: options)
        return (value.text(), value)
    }

    func model(_ node: FlowNode) async throws -> (JSON, [String]) {
        let (model, options) = try await stepModel(node, "llmModel")
        let messages = try await conversation(node, "llm", model)
        let (text, fields) = try await say(node, "llm", model, messages, options)
        return finish(node, text, fields, "llm")
    }

    func agent(_ node: FlowNode) async throws -> (JSON, [String]) {
        let (model, options) = try await stepModel(node, "agentModel")
        let messages = try await conversation(node, "agent", model)
        var tools = try await objects.selectedTools(node)
        for store in node.input("agentKnowledgeDocumentStores")?.arrayValue ?? [] {
            tools.append(try await knowledge(node, store, "documentStore", "docStoreDescription"))
        }
        for store in node.input("agentKnowledgeVSEmbeddings")?.arrayValue ?? [] {
            tools.append(try await knowledge(node, store, "knowledgeName", "knowledgeDescription"))
        }
        let told = messages.filter { $0.role == .system }.map(\.text).joined(separator: "\n\n")
        let talk = messages.filter { $0.role != .system }
        var agent = Agent(node.label, instructions: told, model: model, tools: tools, approve: setup.approve)
        agent.options = options
        let result = try await agent.run(talk.last?.text ?? variables.question, history: Array(talk.dropLast()))
        let form = node.input("agentStructuredOutput")?.arrayValue ?? []
        guard !form.isEmpty else { return finish(node, result.text, nil, "agent") }
        let (text, fields) = try await say(
            node, "agent", model, messages + [.assistant(result.text), .user("Give this answer as JSON.")], options)
        return finish(node, text, fields, "agent")
    }

    private func knowledge(_ node: FlowNode, _ store: JSON, _ nameKey: String, _ textKey: String) async throws
        -> AgentTool
    {
        // Document stores are named as ID:NAME.
        let name = (store[nameKey]?.stringValue ?? "").split(separator: ":").last.map(String.init)
        guard let source = try await setup.passages(node.id, name) else {
            throw FlowError(
                node.title, "knows the document store \(name ?? "without a name"), which is not given",
                remedy: "index it (swiftlet index) and give it: --collection NAME")
        }
        return source.tool(
            FlowObjects.toolName("search_\(name ?? "documents")"), store[textKey]?.stringValue ?? "Finds passages.")
    }

    func tool(_ node: FlowNode) async throws -> (JSON, [String]) {
        guard let tool = try await objects.selectedTools(node).first else { throw FlowError(node.title, "has no tool") }
        var arguments = JSON.Object()
        for entry in node.input("toolInputArgs")?.arrayValue ?? [] {
            guard let name = entry["inputArgName"]?.stringValue, let value = entry["inputArgValue"] else { continue }
            arguments[name] = value.stringValue.map(variables.value(of:)) ?? value
        }
        return finish(node, try await tool.call(.object(arguments)), nil, "tool")
    }

    func condition(_ node: FlowNode) throws -> (JSON, [String]) {
        let conditions = node.input("conditions")?.arrayValue ?? []
        func side(_ value: JSON?) -> JSON { value?.stringValue.map(variables.value(of:)) ?? value ?? "" }
        let place = try conditions.firstIndex {
            try Comparison.holds(
                side($0["value1"]), $0["operation"]?.stringValue ?? "equal", side($0["value2"]), at: node.title)
        }
        let chosen = place ?? conditions.count
        return (
            ["content": .string(place == nil ? "else" : "condition \(chosen + 1)")],
            following(node, output: "\(chosen)")
        )
    }

    func conditionAgent(_ node: FlowNode) async throws -> (JSON, [String]) {
        let (model, _) = try await stepModel(node, "conditionAgentModel")
        let scenarios = (node.input("conditionAgentScenarios")?.arrayValue ?? []).map {
            $0["scenario"]?.stringValue ?? ""
        }
        let told = variables.text(node.text("conditionAgentInstructions") ?? "")
        let text = node.text("conditionAgentInput").map(variables.text) ?? variables.question
        let names = scenarios.enumerated().map { (name: "scenario_\($0.offset + 1)", description: $0.element) }
        let choice = try await objects.choose(names, for: told.isEmpty ? text : "\(told)\n\n\(text)", model)
        let place = names.firstIndex { $0.name == choice } ?? 0
        return (["content": .string(scenarios[place])], following(node, output: "\(place)"))
    }

    func loop(_ node: FlowNode) throws -> (JSON, [String]) {
        let target = FlowShape.loopTarget(node.text("loopBackToNode") ?? "")
        let count = variables.loops[node.id, default: 0]
        guard count < node.integer("maxLoopCount") ?? 5 else {
            let message = node.text("fallbackMessage").map(variables.text) ?? ""
            if !message.isEmpty { answer = message }
            return (["content": .string("ended after \(count) rounds")], [])
        }
        variables.loops[node.id] = count + 1
        updateState(node, "loopUpdateState", output: [:])
        return (["content": .string("round \(count + 1)")], [target])
    }

    func iteration(_ node: FlowNode) async throws -> (JSON, [String]) {
        var items = variables.value(of: node.text("iterationInput") ?? "")
        if let text = items.stringValue { items = (try? JSON(parsing: text, source: node.title)) ?? items }
        let list = items.arrayValue ?? items.objectValue?.values.first?.arrayValue
        guard let list else {
            throw FlowError(
                node.title, "goes through \(items.kind), not a list", remedy: "let the node before give a list")
        }
        let inner = Set(flow.nodes.filter { $0.parent == node.id }.map(\.id))
        let targets = Set(flow.edges.filter { inner.contains($0.source) }.map(\.target))
        let beginnings = flow.nodes.filter { inner.contains($0.id) && !targets.contains($0.id) }
            .filter { NodeCatalogue.kind($0.name) != .note }.map(\.id)
        var texts: [String] = []
        let (outer, question) = (variables.iteration, said)
        for item in list {
            variables.iteration = item
            said = question
            try await walk(from: beginnings)
            texts.append(answer)
        }
        (variables.iteration, said) = (outer, question)
        answer = texts.joined(separator: "\n\n")
        said.append(.assistant(answer))
        return (["content": .string(answer), "output": .array(texts.map(JSON.string))], following(node))
    }

    func human(_ node: FlowNode) async throws -> (JSON, [String]) {
        var question = variables.text(node.text("humanInputDescription") ?? "Go on?")
        if node.text("humanInputDescriptionType") == "dynamic" {
            let (model, options) = try await stepModel(node, "humanInputModel")
            let prompt = variables.text(node.text("humanInputModelPrompt") ?? "Sum up what is to be decided.")
            question = try await model.answer([.system(prompt)] + said + [.user(prompt)], options).text
        }
        guard let human = setup.human else {
            throw FlowError(
                node.title, "asks a person, and nobody is there: \(question)",
                remedy: "answer: --approve yes, no or ask")
        }
        let decision = try await human(question)
        if !decision.remark.isEmpty { said.append(.user(decision.remark)) }
        let value: JSON = [
            "content": .string(decision.remark), "output": ["type": .string(decision.proceeds ? "proceed" : "reject")],
        ]
        return (value, following(node, output: decision.proceeds ? "0" : "1"))
    }

    func request(_ node: FlowNode) async throws -> (JSON, [String]) {
        var address = variables.text(node.text("url") ?? "")
        let query = try KeyValues.read(node.input("queryParams"), node).sorted { $0.key < $1.key }.map {
            "\(WebTools.escaped($0.key))=\(WebTools.escaped(variables.text($0.value)))"
        }
        if !query.isEmpty { address += (address.contains("?") ? "&" : "?") + query.joined(separator: "&") }
        var headers = try KeyValues.read(node.input("headers"), node).mapValues(variables.text)
        var body: String?
        switch node.text("bodyType") {
        case nil: break
        case "xWwwFormUrlencoded":
            body = try KeyValues.read(node.input("body"), node).sorted { $0.key < $1.key }.map {
                "\(WebTools.escaped($0.key))=\(WebTools.escaped(variables.text($0.value)))"
            }.joined(separator: "&")
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        case "formData": throw FlowError(node.title, "sends a form with files, which is not done", remedy: "send JSON")
        default: body = node.text("body").map(variables.text)
        }
        let (status, text) = try await WebTools(setup.hosts).request(
            node.text("method") ?? "GET", address, headers: headers, body: body, tool: node.title)
        answer = text
        let parsed = try? JSON(parsing: text, source: node.title)
        return (
            [
                "content": .string(text),
                "output": ["http": ["status": .integer(status), "data": parsed ?? .string(text)]],
            ],
            following(node)
        )
    }

    func retrieve(_ node: FlowNode) async throws -> (JSON, [String]) {
        let query = variables.text(node.text("retrieverQuery") ?? "")
        var found: [FoundPassage] = []
        for store in node.input("retrieverKnowledgeDocumentStores")?.arrayValue ?? [] {
            let name = (store["documentStore"]?.stringValue ?? "").split(separator: ":").last.map(String.init)
            guard let source = try await setup.passages(node.id, name) else {
                throw FlowError(
                    node.title, "searches the document store \(name ?? "without a name"), which is not given",
                    remedy: "index it (swiftlet index) and give it: --collection NAME")
            }
            found += try await source.passages(for: query, count: 4)
        }
        let withSources = node.text("outputFormat") == "textWithMetadata"
        let text = found.map { withSources ? "[\($0.source)]\n\($0.text)" : $0.text }.joined(separator: "\n\n")
        return finish(node, text, nil, "retriever")
    }

    func reply(_ node: FlowNode) -> (JSON, [String]) {
        answer = variables.text(node.text("directReplyMessage") ?? "")
        return (["content": .string(answer)], following(node))
    }
}
