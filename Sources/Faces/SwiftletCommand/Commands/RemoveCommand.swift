import ArgumentParser
import Essentials
import ModelStore

/// `swiftlet rm`.
struct RemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Remove models from the store.",
        discussion: """
              swiftlet rm smollm2
              swiftlet rm --packed
            """)

    @Argument(help: "The models' names.") var names: [String] = []
    @Flag(help: "Remove the packed weights of all models; they are made again when they are wanted.")
    var packed = false

    func validate() throws {
        if names.isEmpty, !packed { throw ValidationError("name the models to remove, or say --packed") }
    }

    func run() throws {
        let store = LocalStore(environment: ProcessInfo.processInfo.environment)
        for name in names {
            try store.remove(name)
            Console.note("removed \(name)")
        }
        if packed { Console.note("removed \(Quantities.bytes(try store.removePacked())) of packed weights") }
    }
}
