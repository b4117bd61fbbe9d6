import ArgumentParser
import Flows

/// `swiftlet flow`.
struct FlowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flow",
        abstract: "Check flows that were drawn with Flowise.",
        discussion: """
            FILE is what Flowise exports: a chat flow, sequential agents, or an AgentFlow 2. It is read as data: custom \
            JavaScript in it is named and refused.

              swiftlet flow check support.json
            """,
        subcommands: [FlowCheckCommand.self])
}

/// `swiftlet flow check`.
struct FlowCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Say what of a flow is known here, and what is wrong with it.")

    @Argument(help: "The flow's file.") var file: String
    @Flag(help: "Write one JSON object.") var json = false

    func run() async throws {
        let check = FlowCheck(try FlowFile(path: file))
        if json { return try Console.write(check.json.text(.pretty) + "\n") }
        try Console.write("\(check.form.rawValue): \(check.known) of \(check.nodes) nodes are known\n")
        if !check.unknown.isEmpty {
            try Console.write("not known: \(check.unknown.joined(separator: ", "))\n")
        }
        for need in check.needs { try Console.write("to be given: \(need)\n") }
        for problem in check.problems { try Console.write("problem: \(problem)\n") }
    }
}
