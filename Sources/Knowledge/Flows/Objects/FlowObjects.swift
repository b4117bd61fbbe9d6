import Agents
import JSONValues
import Synchronization

/// The objects that the nodes of a flow stand for, made when something asks for them.
final class FlowObjects: Sendable {
    private struct State {
        var answers: [String: String] = [:]
        var sources: [String: any PassageSource] = [:]
        var clients: [MCPClient] = []
        var variables: [String: String] = [:]
    }

    let runner: FlowRunner
    let input: String
    private let state = Mutex(State())

    init(_ runner: FlowRunner, input: String) { (self.runner, self.input) = (runner, input) }

    var setup: FlowSetup { runner.setup }

    /// The nodes that are wired to an input, or that its setting refers to, each once.
    func wired(_ node: FlowNode, _ key: String) -> [FlowNode] {
        var ids = node.references(key)
        for edge in runner.flow.edges where edge.target == node.id && edge.input == key && !ids.contains(edge.source) {
            ids.append(edge.source)
        }
        return ids.compactMap(runner.flow.node)
    }

    /// The model that is wired to a node; without one, whatever the setup gives.
    func model(_ node: FlowNode, _ key: String) async throws -> any ChatModel {
        try await model(wired(node, key).first ?? node)
    }

    /// The model of a model's node.
    func model(_ node: FlowNode) async throws -> any ChatModel {
        let kind = NodeCatalogue.kind(node.name)
        let isModel = kind == .model
        let name = node.text("modelName") ?? node.text("customModelName") ?? node.text("model")
        return try await setup.model(
            FlowSetup.ModelRequest(
                node: node.id, service: isModel || kind == .moderation ? node.name : "",
                model: isModel ? name : nil))
    }

    /// How the model that is wired to a node is to answer.
    func options(_ node: FlowNode, _ key: String) -> ChatOptions {
        guard let model = wired(node, key).first else { return ChatOptions() }
        return Self.options(model.inputs)
    }

    static func options(_ settings: JSON.Object) -> ChatOptions {
        func number(_ key: String) -> Double? {
            settings[key].flatMap { $0.doubleValue ?? $0.stringValue.flatMap(Double.init) }
        }
        var options = ChatOptions(temperature: number("temperature"))
        let limits = ["maxTokens", "maxTokensToSample", "maxOutputTokens"]
        options.maximumTokens = limits.lazy.compactMap(number).first.flatMap { Int(exactly: $0) }
        options.topP = number("topP")
        return options
    }

    /// The conversation that is wired to a node; nil if it has none.
    func memory(_ node: FlowNode, _ key: String = "memory") async throws -> Memory? {
        guard let memory = wired(node, key).first else { return nil }
        let kind: Memory.Kind
        switch memory.name {
        case "bufferWindowMemory": kind = .window(turns: memory.integer("k") ?? 4)
        case "conversationSummaryMemory": kind = .summary(try await model(memory, "model"))
        case "conversationSummaryBufferMemory":
            kind = .summaryBuffer(tokens: memory.integer("maxTokenLimit") ?? 2000, try await model(memory, "model"))
        default: kind = memory.integer("k").map { .window(turns: $0) } ?? .buffer
        }
        return Memory(kind, store: setup.store, conversation: memory.text("sessionId") ?? setup.session)
    }

    /// Texts with `{{question}}` and what other nodes give filled in.
    func text(_ setting: String) async throws -> String {
        var (result, rest) = ("", setting[...])
        while let start = rest.firstRange(of: "{{"), let end = rest[start.upperBound...].firstRange(of: "}}") {
            result += rest[..<start.lowerBound]
            let name = rest[start.upperBound..<end.lowerBound].trimmed
            let id = name.replacing(".data.instance", with: "")
            if name == "question" {
                result += input
            } else if name == "chat_history" {
                let turns = try await Memory(.buffer, store: setup.store, conversation: setup.session).recall(
                    for: input)
                result += turns.map { "\($0.role.rawValue): \($0.text)" }.joined(separator: "\n")
            } else if name.hasPrefix("$vars.") {
                result += setup.variables[String(name.dropFirst(6))].map { $0.stringValue ?? $0.text() } ?? ""
            } else if runner.flow.node(id) != nil {
                result += try await answer(id)
            } else {
                result += rest[start.lowerBound..<end.upperBound]
            }
            rest = rest[end.upperBound...]
        }
        return result + rest
    }

    /// The values for a prompt's holes.
    func values(_ node: FlowNode, _ key: String) async throws -> [String: JSON] {
        guard let setting = node.input(key) else { return [:] }
        var value = setting
        if let text = setting.stringValue {
            if let id = FlowNode.reference(text) { return ["input": .string(try await answer(id))] }
            guard let parsed = try? JSON(parsing: text, source: node.title) else { return [:] }
            value = parsed
        }
        var values: [String: JSON] = [:]
        for (name, value) in value.objectValue ?? [:] {
            values[name] = if let text = value.stringValue { .string(try await self.text(text)) } else { value }
        }
        return values
    }

    /// A prompt's text; the one hole that is left takes what the user says.
    func render(_ prompt: PromptTemplate, _ node: FlowNode) throws -> String {
        let holes = prompt.holes
        do { return try prompt.render(holes.count == 1 ? [holes[0]: .string(input)] : [:]) } catch {
            throw FlowError(node.title, "\(error)", remedy: "set it in Format Prompt Values")
        }
    }

    /// What the user says after a node's moderation.
    ///
    /// - Throws: `FlowBlocked` with what is said instead.
    func moderated(_ node: FlowNode, _ text: String) async throws -> String {
        for check in wired(node, "inputModeration") {
            let reply = check.text("moderationErrorMessage") ?? "I cannot answer that."
            let guards: [Guard]
            if check.name == "inputModerationSimple" {
                let words = (check.text("denyList") ?? "").split(whereSeparator: \.isNewline).map { $0.trimmed }
                guards = [Guard.words(words.filter { !$0.isEmpty }, reply: reply), .injection]
            } else {
                guards = [Guard.llamaGuard(try await model(check)), .injection]
            }
            for check in guards {
                if case .blocked = try await check.check(text) { throw FlowBlocked(reply: reply) }
            }
        }
        return text
    }

    /// What a chain, agent or other node says, which is computed once.
    func answer(_ id: String) async throws -> String {
        if let known = state.withLock({ $0.answers[id] }) { return known }
        guard let node = runner.flow.node(id) else { throw FlowError(id, "is not there") }
        runner.onEvent(FlowEvent(kind: .started, node: id, label: node.label, value: .null))
        do {
            try RunContext.current.budget?.step()
            let text = try await Trace.span("node \(id)", ["node.type": .string(node.name)]) { span in
                let text: String
                do { text = try await say(node, input) } catch let blocked as FlowBlocked { text = blocked.reply }
                span.set("swiftlet.output", .string(text))
                return text
            }
            state.withLock { $0.answers[id] = text }
            runner.onEvent(FlowEvent(kind: .finished, node: id, label: node.label, value: .string(text)))
            return text
        } catch {
            runner.onEvent(FlowEvent(kind: .failed, node: id, label: node.label, value: .string("\(error)")))
            throw error
        }
    }

    /// A source of passages that is made once.
    func source(_ id: String, make: () async throws -> any PassageSource) async throws -> any PassageSource {
        if let known = state.withLock({ $0.sources[id] }) { return known }
        let source = try await make()
        state.withLock { $0.sources[id] = source }
        return source
    }

    /// Has a client closed at the end.
    func keep(_ client: MCPClient) { state.withLock { $0.clients.append(client) } }

    /// A variable that nodes set.
    func variable(_ name: String) -> String? { state.withLock { $0.variables[name] } }
    func set(_ name: String, _ value: String) { state.withLock { $0.variables[name] = value } }

    /// Ends what was begun.
    func close() async {
        let clients = state.withLock { state in
            defer { state.clients = [] }
            return state.clients
        }
        for client in clients { await client.close() }
    }
}

/// What the user says goes no further.
struct FlowBlocked: Error {
    var reply: String
}
