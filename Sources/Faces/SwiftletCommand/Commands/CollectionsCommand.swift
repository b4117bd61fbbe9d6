import ArgumentParser
import JSONValues
import Platform
import Retrieval

/// `swiftlet collections`.
struct CollectionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collections",
        abstract: "List the collections of documents, look into one, copy or remove it.",
        discussion: """
              swiftlet collections
              swiftlet collections files manuals
              swiftlet collections copy manuals postgres://me@host/database/manuals
              swiftlet collections rm manuals
            """,
        subcommands: [ListCollections.self, ListFiles.self, CopyCollection.self, RemoveCollection.self],
        defaultSubcommand: ListCollections.self)

    struct ListCollections: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List the collections.")
        @Flag(help: "Write a JSON array.") var json = false

        func run() async throws {
            let folder = DocumentModels.collections
            var table = Table(["NAME", "FILES", "PASSAGES", "SIZE", "ENCODER"], rightAligned: [1, 2, 3])
            var (entries, problems): ([JSON], [any Error]) = ([], [])
            for name in try folder.names() {
                do {
                    let collection = try folder.open(name)
                    let files = try await collection.files()
                    let (size, passages) = (
                        files.reduce(0) { $0 + $1.size }, try await collection.vectors.count(where: nil)
                    )
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

    struct ListFiles: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "files", abstract: "List the files of a collection.")
        @Argument(help: "The collection.") var name: String

        func run() async throws {
            var table = Table(["PASSAGES", "SIZE", "FILE"], rightAligned: [0, 1])
            for file in try await DocumentModels.open(name).files() {
                let notes = file.notes.isEmpty ? "" : " (\(file.notes.joined(separator: "; ")))"
                table.add(["\(file.passages)", Quantities.bytes(file.size), file.path + notes])
            }
            try Console.write(table.text)
        }
    }

    struct CopyCollection: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "copy",
            abstract: "Copy a collection, vectors and all: to another name, to a server, or from one.")
        @Argument(help: "The collection, or its address on a server.") var from: String
        @Argument(help: "What does not exist yet: a name, or an address on a server.") var to: String

        func run() async throws {
            let (target, source) = (to, try await DocumentModels.open(from))
            let total = try await source.vectors.count(where: nil)
            let copy = try await DocumentModels.create(target, like: source)
            let isTerminal = Console.isTerminal(STDERR_FILENO)
            do {
                let count = try await Interruption.catching {
                    try await copy.copy(from: source) { count in
                        if isTerminal { Console.draw("\r\(count) of \(total) passages", on: STDERR_FILENO) }
                    }
                }
                if isTerminal { Console.draw("\r\u{1B}[K", on: STDERR_FILENO) }
                try await copy.close()
                try Console.write("\(count) passages of \(try await source.files().count) files copied\n")
            } catch {
                // A part of a collection is none.
                try? await copy.close()
                try? await DocumentModels.remove(target)
                if error is CancellationError { throw CommandError("interrupted; \(target) is removed again") }
                throw error
            }
        }
    }

    struct RemoveCollection: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rm", abstract: "Remove a collection; the documents stay where they are.", aliases: ["delete"])
        @Argument(help: "The collection.") var name: String

        func run() async throws { try await DocumentModels.remove(name) }
    }
}
