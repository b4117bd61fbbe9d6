import Inference
import JSONValues

/// The fields that tell a chat's answer to call tools: `tools`, `tool_choice`, `parallel_tool_calls`.
struct ToolFields: Sendable {
    /// The functions.
    var tools: [Tool] = []
    /// The functions as the request describes them, which is what templates print.
    var json: [JSON] = []
    var choice = ToolChoice.auto
    var allowsParallel = true

    /// No tools.
    init() {}

    /// Tools that another wire format describes.
    init(_ tools: [Tool], choice: ToolChoice, allowsParallel: Bool) {
        self.tools = tools
        self.choice = tools.isEmpty ? .auto : choice
        self.allowsParallel = allowsParallel
        json = choice == .none ? [] : tools.map(\.json)
    }

    init(_ fields: RequestFields) throws(APIError) {
        for (index, element) in (try fields.array("tools") ?? []).enumerated() {
            let tool = try Self.tool(element, path: "tools[\(index)]")
            guard !tools.contains(where: { $0.name == tool.name }) else {
                throw .invalid("tools[\(index)].function.name", "is \"\(tool.name)\", which another tool has, too")
            }
            tools.append(tool)
            json.append(element)
        }
        choice = try Self.choice(fields, tools)
        allowsParallel = try fields.bool("parallel_tool_calls") ?? true
        if choice == .none { json = [] }
    }

    private static func tool(_ element: JSON, path: String) throws(APIError) -> Tool {
        guard let members = element.objectValue else { throw .invalid(path, "must be an object, not \(element.kind)") }
        let fields = RequestFields(members, path: path)
        if let type = try fields.string("type"), type != "function" {
            throw .unsupported(fields.name("type"), "is \"\(type)\", but this server only knows functions")
        }
        guard let function = try fields.fields("function") else {
            throw .invalid(fields.name("function"), "is missing")
        }
        guard let name = try function.string("name") else { throw .invalid(function.name("name"), "is missing") }
        var tool = Tool(name: name, description: try function.string("description"))
        guard tool.hasUsableName else {
            throw .invalid(
                function.name("name"),
                "must be letters, digits, \"_\", \"-\", \".\", \":\" or \"/\", at most 256, not \"\(name)\"")
        }
        if let parameters = try function.fields("parameters") {
            tool.parameters = .object(parameters.object)
            guard parameters["type"] == "object" || parameters["type"] == nil else {
                throw .invalid(parameters.name("type"), "must be \"object\": a function's arguments have names")
            }
        }
        return tool
    }

    private static func choice(_ fields: RequestFields, _ tools: [Tool]) throws(APIError) -> ToolChoice {
        let choice: ToolChoice
        switch fields["tool_choice"] {
        case nil, "auto": return .auto
        case "none": return .none
        case "required", "any": choice = .required
        case .object(let members)?:
            let object = RequestFields(members, path: "tool_choice")
            let type = try object.string("type") ?? "function"
            guard type == "function" else {
                throw .unsupported("tool_choice.type", "must be \"function\" here")
            }
            let given = try object.fields("function") ?? object
            guard let name = try given.string("name") else {
                throw .invalid("tool_choice.function.name", "is missing")
            }
            guard tools.contains(where: { $0.name == name }) else {
                throw .invalid("tool_choice", "names \"\(name)\", which is not among the tools")
            }
            return .function(name)
        case let other?:
            throw .invalid("tool_choice", "must be \"auto\", \"none\", \"required\" or a function, not \(other)")
        }
        guard !tools.isEmpty else { throw .invalid("tool_choice", "needs tools to choose from") }
        return choice
    }
}
