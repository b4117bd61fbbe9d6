import ArgumentParser
import Foundation
import ModelStore

/// `swiftlet rm`.
struct RemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Remove models from the store.",
        discussion: "  swiftlet rm smollm2")

    @Argument(help: "The models' names.") var names: [String]

    func run() throws {
        let store = LocalStore(environment: ProcessInfo.processInfo.environment)
        for name in names {
            try store.remove(name)
            Console.note("removed \(name)")
        }
    }
}
