import Essentials
import JSONValues
import Yams

/// An agent as a file describes it, in YAML or JSON.
public struct AgentFile: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// What it is told about itself.
    public var instructions: String
    /// The model, where nobody names another.
    public var model: String?
    /// How it goes about tasks.
    public var strategy: Agent.Strategy
    /// The names of its tools.
    public var tools: [String]
    /// Agents that it may hand tasks to.
    public var colleagues: [AgentFile]
    /// What it may use.
    public var budget: Budget

    private struct Content: Decodable {
        var name: String?
        var instructions: String?
        var model: String?
        var strategy: String?
        var tools: [String]?
        var colleagues: [Content]?
        var budget: Budget?
    }

    private static let keys: Set<String> = [
        "name", "instructions", "model", "strategy", "tools", "colleagues", "budget",
    ]

    /// Reads a file.
    ///
    /// - Throws: `AgentFileError` for what is no such file, and for keys that nobody reads.
    public init(path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw AgentFileError(path: path, reason: "it cannot be opened; check the path")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw AgentFileError(path: path, reason: "it is no UTF-8 text")
        }
        try self.init(yaml: text, path: path)
    }

    /// Reads the text of a file; `path` names it in errors.
    public init(yaml text: String, path: String) throws {
        do {
            try Self.check(try Yams.compose(yaml: text), path)
            self.init(try YAMLDecoder().decode(Content.self, from: text), path: path)
        } catch let error as AgentFileError {
            throw error
        } catch let DecodingError.dataCorrupted(context) {
            throw AgentFileError(path: path, reason: context.debugDescription)
        } catch {
            throw AgentFileError(path: path, reason: "\(error)")
        }
    }

    private init(_ content: Content, path: String) {
        name = content.name ?? "agent"
        instructions = content.instructions ?? "You are a helpful assistant."
        model = content.model
        strategy = content.strategy.flatMap(Agent.Strategy.init) ?? .toolCalling
        tools = content.tools ?? []
        colleagues = (content.colleagues ?? []).map { AgentFile($0, path: path) }
        budget = content.budget ?? Budget(steps: 15, seconds: 600)
    }

    /// A key that nobody reads is a mistake that would go unnoticed.
    private static func check(_ node: Node?, _ path: String) throws {
        guard let mapping = node?.mapping else {
            throw AgentFileError(path: path, reason: "it is no mapping with keys such as instructions and tools")
        }
        for (key, value) in mapping {
            guard let name = key.string, keys.contains(name) else {
                throw AgentFileError(
                    path: path,
                    reason:
                        "the key \(key.string ?? "?") is not known; there are \(keys.sorted().joined(separator: ", "))")
            }
            if name == "strategy", let text = value.string, Agent.Strategy(rawValue: text) == nil {
                let all = Agent.Strategy.allCases.map(\.rawValue).joined(separator: ", ")
                throw AgentFileError(path: path, reason: "the strategy \(text) is not known; there are \(all)")
            }
            if name == "budget" {
                for (key, number) in value.mapping ?? [:] where number.float.map({ $0 >= 0 }) != true {
                    let found = number.string ?? "a list"
                    throw AgentFileError(
                        path: path, reason: "the budget's \(key.string ?? "?") must be a number from 0, not \(found)")
                }
            }
            if name == "colleagues" { for colleague in value.array() { try check(colleague, path) } }
        }
    }
}

/// What is wrong with an agent's file.
public struct AgentFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file.
    public var path: String
    /// What is wrong.
    public var reason: String

    /// The whole message.
    public var description: String { "\(path): \(reason)" }
}
