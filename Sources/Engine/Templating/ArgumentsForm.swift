import JSONValues

/// In which form a template reads the arguments of tool calls in earlier answers.
///
/// Chat requests give them as the text of a JSON object. Many templates want the object: they would write the text as a JSON
/// string, or fail.
enum ArgumentsForm: Sendable {
    case text, object, asGiven
}

extension ArgumentsForm {
    /// The message with the arguments of its calls in this form. Text that is no JSON object stays as it is.
    func fitting(_ message: JSON) -> JSON {
        guard self != .asGiven, case .object(var members) = message, case .array(let calls)? = members["tool_calls"]
        else { return message }
        members["tool_calls"] = .array(calls.map(fitting(call:)))
        return .object(members)
    }

    private func fitting(call: JSON) -> JSON {
        guard case .object(var members) = call else { return call }
        if case .object(var function)? = members["function"] {
            function["arguments"] = function["arguments"].map(fitting(arguments:))
            members["function"] = .object(function)
        } else {
            members["arguments"] = members["arguments"].map(fitting(arguments:))
        }
        return .object(members)
    }

    private func fitting(arguments: JSON) -> JSON {
        switch (self, arguments) {
        case (.object, .string(let text)):
            let parsed = try? JSON(parsing: text.isEmpty ? "{}" : text, source: "arguments")
            return parsed?.objectValue == nil ? arguments : parsed ?? arguments
        case (.text, .object): return .string(arguments.text())
        default: return arguments
        }
    }

    /// What `template` makes of calls, found out by trial.
    static func form(of template: Template, _ variables: JSON.Object) -> ArgumentsForm {
        guard template.source.firstRange(of: "tool_calls") != nil else { return .asGiven }
        let template = template.limited(to: TemplateLimits(steps: 200_000, outputBytes: 1 << 20))
        func reads(_ arguments: JSON) -> Bool {
            let call: JSON = [
                "id": "abcdefghi", "type": "function", "function": ["name": "probe", "arguments": arguments],
            ]
            var variables = variables
            variables["messages"] = [
                ["role": "user", "content": "Hi"], ["role": "assistant", "content": "", "tool_calls": [call]],
                ["role": "tool", "tool_call_id": "abcdefghi", "name": "probe", "content": "1"],
            ]
            variables["tools"] = [
                [
                    "type": "function",
                    "function": [
                        "name": "probe", "description": "", "parameters": ["type": "object", "properties": [:]],
                    ],
                ]
            ]
            guard let text = try? template.render(variables) else { return false }
            // Printed as Python would, or as a string within JSON.
            let isMisread = ["'bird'", #"\"bird\""#].contains { text.firstRange(of: $0) != nil }
            return text.firstRange(of: probe) != nil && !isMisread
        }
        if reads(["bird": .string(probe)]) { return .object }
        return reads(.string("{\"bird\": \"\(probe)\"}")) ? .text : .asGiven
    }

    private static let probe = "Kingfisher7"
}
