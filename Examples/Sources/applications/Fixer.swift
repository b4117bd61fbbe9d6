import Swiftlet

/// Has a Python function written and tried until its test passes: `fixer MODEL TASK TEST`.
func codeFixer(_ model: any ChatModel, _ arguments: [String]) async throws {
    struct Program: Decodable, Sendable { var code: String }
    let schema: JSON = [
        "type": "object", "properties": ["code": ["type": "string"]], "required": ["code"],
        "additionalProperties": false,
    ]
    // Without namespaces nothing is run.
    let sandbox = try await Sandbox()
    var messages: [ChatMessage] = [
        .user("Write a Python function, as JSON with the member code: \(arguments[0])")
    ]
    for attempt in 1...4 {
        let options = ChatOptions(maximumTokens: 300)
        let program = try await model.value(Program.self, messages, schema: schema, options: options)
        let result = try await sandbox.python(program.code + "\n" + arguments[1] + "\nprint('passed')")
        print("attempt \(attempt): \(result.output)")
        if result.status == 0 { return print(program.code) }
        messages += [
            .assistant(program.code),
            .user("The test failed:\n\(result.output.suffix(500))\nCorrect it."),
        ]
    }
}
