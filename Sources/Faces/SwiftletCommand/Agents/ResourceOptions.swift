import Agents
import ArgumentParser

/// What flows and agents are given. What is not given is not in reach.
struct ResourceOptions: ParsableArguments {
    @Option(help: "The model, or NODE=MODEL for one node, service or agent; may be repeated.") var model: [String] = []
    @Option(help: "A collection of documents, or NODE=COLLECTION; may be repeated.") var collection: [String] = []
    @Option(help: "Documents for loaders: a file or folder, or NODE=PATH; may be repeated.") var documents: [String] =
        []
    @Option(help: "The encoder for documents that a flow loads itself.") var encoder: String?
    @Option(help: "An SQLite file, which is only read.") var database: String?
    @Option(help: "A folder whose files may be read.") var root: String?
    @Option(
        help:
            "A host that may be spoken to, such as example.org, *.example.org or * for every public one; may be repeated."
    )
    var host: [String] = []
    @Option(help: "The endpoint of web search, with {query} in it; its host is allowed.") var search: String?
    @Option(help: "The command or address of an MCP server, or NODE=COMMAND; may be repeated.") var mcp: [String] = []
    @Option(help: "The file of another flow, or NAME=FILE; may be repeated.") var flow: [String] = []
    @Flag(help: "Let code that models write run, in a sandbox without network and files.") var allowCode = false
    @Option(help: "Where a person is asked: yes, no, or ask.") var approve = ApprovalMode.no
    @Option(help: "Keep conversations in this file.") var memory: String?
    @Option(help: "The conversation's name in it.") var session = "default"
    @Option(help: "A variable of Flowise's as name=value; may be repeated.") var variable: [String] = []
    @Option(help: "The most steps.") var maxSteps = 100
    @Option(help: "The most tokens of all models together.") var maxTotalTokens: Int?
    @Option(help: "The most seconds.") var maxSeconds = 600.0
    @Option(help: "The most tokens of an answer, where nothing else says so.") var maxTokens = 1024
    @Option(help: "The sampling temperature, where nothing else says so.") var temperature: Double?
    @Option(help: "Write the trace, with every prompt, to this file (OTLP JSON).") var trace: String?
    @OptionGroup(title: "Local models") var modelOptions: ModelOptions

    enum ApprovalMode: String, ExpressibleByArgument, CaseIterable { case yes, no, ask }

    func validate() throws {
        if maxSteps < 1 { throw ValidationError("--max-steps wants a number from 1, not \(maxSteps)") }
        if maxTokens < 1 { throw ValidationError("--max-tokens wants a number from 1, not \(maxTokens)") }
        if !(maxSeconds > 0) { throw ValidationError("--max-seconds wants a number above 0, not \(maxSeconds)") }
        if let temperature, !(temperature >= 0 && temperature.isFinite) {
            throw ValidationError("--temperature wants a number from 0, not \(temperature)")
        }
        if let search, !search.contains("{query}") {
            throw ValidationError("--search wants an address with {query} in it, not \(search)")
        }
    }

    /// The parts of values given as name=value.
    func pairs(_ values: [String], _ option: String) throws -> [(String, String)] {
        try values.map { value in
            guard let equals = value.firstIndex(of: "="), equals != value.startIndex else {
                throw CommandError("\(option) wants name=value, not \(value)")
            }
            return (String(value[..<equals]), String(value[value.index(after: equals)...]))
        }
    }

    /// Values by name; those without one under "". An address or path is no name.
    func named(_ values: [String]) -> [String: String] {
        var named: [String: String] = [:]
        for value in values {
            let name = value.prefix { $0 != "=" }
            let isName =
                name.count < value.count && !name.isEmpty
                && name.allSatisfy { $0.isLetter || $0.isNumber || "_-.".contains($0) }
            named[isName ? String(name) : ""] = isName ? String(value.dropFirst(name.count + 1)) : value
        }
        return named
    }
}
