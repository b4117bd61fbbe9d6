import Agents
import ArgumentParser
import Essentials
import Files
import Flows
import JSONValues

/// `swiftlet flow`.
struct FlowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flow",
        abstract: "Check, run and export flows that were drawn with Flowise.",
        discussion: """
            FILE is what Flowise exports: a chat flow, sequential agents, or an AgentFlow 2. It is read as data: custom \
            JavaScript in it is named and refused.

              swiftlet flow check support.json
              swiftlet flow run support.json "Where is my parcel?" --model smollm2
              swiftlet flow export support.json > Support.swift
            """,
        subcommands: [FlowCheckCommand.self, FlowRunCommand.self, FlowExportCommand.self])
}

/// `swiftlet flow check`.
struct FlowCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Say what of a flow is known here, and what is wrong with it.",
        discussion: "Ends with 1 if something is wrong with it.")

    @Argument(help: "The flow's file.") var file: String
    @Flag(help: "Write one JSON object.") var json = false

    func run() async throws {
        let check = FlowCheck(try FlowFile(path: file))
        try json ? Console.write(check.json.text(.pretty) + "\n") : write(check)
        if !check.problems.isEmpty { throw ExitCode(1) }
    }

    private func write(_ check: FlowCheck) throws {
        try Console.write("\(check.form.rawValue): \(check.known) of \(check.nodes) nodes are known\n")
        if !check.unknown.isEmpty {
            try Console.write("not known: \(check.unknown.joined(separator: ", "))\n")
        }
        for need in check.needs { try Console.write("to be given: \(need)\n") }
        for problem in check.problems { try Console.write("problem: \(problem)\n") }
    }
}

/// `swiftlet flow run`.
struct FlowRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a flow with models and tools of this machine.",
        discussion: """
            Every model of the flow is the one of --model, unless --model NODE=MODEL names one for a node or for a service \
            such as chatAnthropic. MODEL is one of the store, a file, openai:NAME, anthropic:NAME, gemini:NAME (keys are in the \
            environment), or http://host/v1#NAME. Nothing else is in reach that is not given: no host, file, collection or \
            program.
            """)

    @Argument(help: "The flow's file.") var file: String
    @Argument(help: "What the user says; otherwise standard input.") var input: String?
    @Option(help: "A value of the form that the flow begins with, as name=value.") var form: [String] = []
    @Flag(help: "Write each event as a line of JSON, with the values on the wires.") var events = false
    @OptionGroup(title: "What the flow may use") var resources: ResourceOptions

    func run() async throws {
        let flow = try FlowFile(path: file)
        let session = try ResourceSession(resources)
        let setup = try await session.flowSetup()
        let showsEvents = events
        let runner = try FlowRunner(flow, setup: setup) { event in
            if showsEvents { try? Console.write(event.json.text() + "\n") }
        }
        let text: String
        if let input {
            text = input
        } else {
            text = form.isEmpty ? String(decoding: try Console.standardInput(), as: UTF8.self).trimmed : ""
        }
        let values = JSON.Object(
            try resources.pairs(form, "--form").map { ($0, JSON.string($1)) }, uniquingKeysWith: { $1 })
        let result = try await session.run { try await runner.run(text, form: values) }
        if events {
            let end: JSON = ["event": "result", "text": .string(result.text), "state": .object(result.state)]
            return try Console.write(end.text() + "\n")
        }
        try Console.write(result.text + "\n")
    }
}

/// `swiftlet flow export`.
struct FlowExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a flow as Swift that an application can compile.")

    @Argument(help: "The flow's file.") var file: String
    @Option(help: "The name of the type.") var name: String?

    func run() async throws { try Console.write(try FlowExport(FlowFile(path: file), name: name).swift) }
}
