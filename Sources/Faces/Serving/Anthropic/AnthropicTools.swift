import Inference
import JSONValues

/// The fields `tools` and `tool_choice` of `POST /v1/messages`.
enum AnthropicTools {
    static func read(_ fields: RequestFields) throws(APIError) -> ToolFields {
        var tools: [Tool] = []
        for (index, element) in (try fields.array("tools") ?? []).enumerated() {
            let tool = try Self.tool(element, path: "tools[\(index)]")
            guard !tools.contains(where: { $0.name == tool.name }) else {
                throw .invalid("tools[\(index)].name", "is \"\(tool.name)\", which another tool has, too")
            }
            tools.append(tool)
        }
        let (choice, allowsParallel) = try Self.choice(fields, tools)
        return ToolFields(tools, choice: choice, allowsParallel: allowsParallel)
    }

    private static func tool(_ element: JSON, path: String) throws(APIError) -> Tool {
        guard let members = element.objectValue else { throw .invalid(path, "must be an object, not \(element.kind)") }
        let fields = RequestFields(members, path: path)
        let type = try fields.string("type") ?? "custom"
        guard type == "custom" else {
            throw .unsupported(fields.name("type"), "is \"\(type)\"; this server has no tools of its own")
        }
        guard let name = try fields.string("name") else { throw .invalid(fields.name("name"), "is missing") }
        var tool = Tool(name: name, description: try fields.string("description"))
        guard tool.hasUsableName else {
            throw .invalid(fields.name("name"), "must be letters, digits, \"_\" or \"-\", not \"\(name)\"")
        }
        guard let schema = try fields.fields("input_schema") else {
            throw .invalid(fields.name("input_schema"), "is missing")
        }
        guard schema["type"] == "object" || schema["type"] == nil else {
            throw .invalid(schema.name("type"), "must be \"object\": a tool's arguments have names")
        }
        tool.parameters = .object(schema.object)
        return tool
    }

    private static func choice(
        _ fields: RequestFields, _ tools: [Tool]
    ) throws(APIError) -> (choice: ToolChoice, allowsParallel: Bool) {
        guard let choice = try fields.fields("tool_choice") else { return (.auto, true) }
        let allowsParallel = try choice.bool("disable_parallel_tool_use") != true
        switch try choice.string("type") ?? "" {
        case "auto": return (.auto, allowsParallel)
        case "none": return (.none, allowsParallel)
        case "any" where !tools.isEmpty: return (.required, allowsParallel)
        case "tool":
            guard let name = try choice.string("name"), tools.contains(where: { $0.name == name }) else {
                throw .invalid(choice.name("name"), "must name one of the tools")
            }
            return (.function(name), allowsParallel)
        case let type: throw .invalid(choice.name("type"), "must be auto, any, tool or none, not \"\(type)\"")
        }
    }
}
