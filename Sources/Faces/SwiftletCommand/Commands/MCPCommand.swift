import Agents
import ArgumentParser

/// `swiftlet mcp`.
struct MCPCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mcp",
        abstract: "Offer tools to other programs over the Model Context Protocol.",
        discussion: """
            Speaks on standard input and output. Calculator and clock are always offered; the options add search in a \
            collection, queries of an SQLite file, files below a folder, pages of allowed hosts, and sandboxed code.

              swiftlet mcp --collection manuals --root ~/Documents
            """)

    @OptionGroup(title: "What is offered") var resources: ResourceOptions

    func run() async throws {
        let session = try ResourceSession(resources)
        let server = MCPServer(tools: try await session.allTools())
        while let line = readLine(strippingNewline: true) {
            guard !line.isEmpty else { continue }
            if let answer = await server.answer(to: line) { try Console.write(answer + "\n") }
        }
        await session.close()
    }
}
