import ArgumentParser
import JSONValues
import Retrieval

/// `swiftlet collections`.
struct CollectionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collections",
        abstract: "List the collections of documents, look into one, or remove it.",
        discussion: """
              swiftlet collections
              swiftlet collections files manuals
              swiftlet collections rm manuals
            """,
        subcommands: [ListCollections.self, ListFiles.self, RemoveCollection.self],
        defaultSubcommand: ListCollections.self)

    struct ListCollections: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List the collections.")
        @Flag(help: "Write a JSON array.") var json = false

        func run() throws {
            let folder = DocumentModels.collections
            var table = Table(["NAME", "FILES", "PASSAGES", "SIZE", "ENCODER"], rightAligned: [1, 2, 3])
            var (entries, problems): ([JSON], [any Error]) = ([], [])
            for name in try folder.names() {
                do {
                    let collection = try folder.open(name)
                    let files = try collection.files()
                    let (size, passages) = (files.reduce(0) { $0 + $1.size }, try collection.vectors.count())
                    table.add([name, "\(files.count)", "\(passages)", Quantities.bytes(size), collection.encoder])
                    entries.append([
                        "name": .string(name), "files": .integer(files.count), "passages": .integer(passages),
                        "bytes": .integer(size), "encoder": .string(collection.encoder),
                    ])
                } catch { problems.append(error) }
            }
            if json {
                try Console.write(JSON.array(entries).text(.pretty) + "\n")
            } else if entries.isEmpty {
                Console.note("There are no collections. Make one: swiftlet index NAME PATH")
            } else {
                try Console.write(table.text)
            }
            for problem in problems { Console.error("\(problem)") }
            if !problems.isEmpty { throw ExitCode(1) }
        }
    }

    struct ListFiles: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "files", abstract: "List the files of a collection.")
        @Argument(help: "The collection.") var name: String

        func run() throws {
            var table = Table(["PASSAGES", "SIZE", "FILE"], rightAligned: [0, 1])
            for file in try DocumentModels.collections.open(name).files() {
                let notes = file.notes.isEmpty ? "" : " (\(file.notes.joined(separator: "; ")))"
                table.add(["\(file.passages)", Quantities.bytes(file.size), file.path + notes])
            }
            try Console.write(table.text)
        }
    }

    struct RemoveCollection: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rm", abstract: "Remove a collection; the documents stay where they are.", aliases: ["delete"])
        @Argument(help: "The collection.") var name: String

        func run() throws { try DocumentModels.collections.remove(name) }
    }
}
