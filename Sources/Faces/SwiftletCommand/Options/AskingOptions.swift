import Agents
import ArgumentParser
import ChatEvaluation
import EngineScoring
import Essentials
import Evaluation
import Serving

/// How the model of an evaluation is asked.
enum AskingAPI: String, ExpressibleByArgument, CaseIterable {
    /// A text is continued.
    case completions
    /// A text is a turn of a conversation.
    case chat
}

/// Models of evaluations, of this machine or of a server.
struct AskingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Ask for a continuation (completions) or in a conversation (chat).",
            discussion: "Otherwise chat for openai:, anthropic: and gemini:, and completions for all others."))
    var api: AskingAPI?
    @Option(
        help: ArgumentHelp(
            "What stands before texts whose first token is scored, for servers that put nothing there.",
            discussion: "Such as '<|endoftext|>'.", valueName: "text"))
    var beginning: String?
    @Option(help: "Questions that a server is asked at once.") var concurrency = 8
    @Option(help: "Seconds without a byte after which a server counts as gone.") var timeout = 600.0
    @Option(help: "How often a server is asked before a question counts as unanswered.") var attempts = 6
    @OptionGroup(title: "Local models") var modelOptions: ModelOptions

    func validate() throws {
        if concurrency < 1 { throw ValidationError("--concurrency wants a number from 1, not \(concurrency)") }
        if timeout <= 0 { throw ValidationError("--timeout wants a number above 0, not \(timeout)") }
        if attempts < 1 { throw ValidationError("--attempts wants a number from 1, not \(attempts)") }
    }

    /// The model as tasks ask it.
    func scorer(_ name: String) throws -> any Scorer {
        guard let hosted = try hosted(name) else {
            let engine = try engine(name)
            if api == .chat {
                return ChatScorer(LocalChatModel(engine.engine), name: "\(name) (chat)", concurrency: 32)
            }
            return EngineScorer(engine.engine, name: name)
        }
        let isAddress = name.hasPrefix("http://") || name.hasPrefix("https://")
        guard (api ?? (isAddress ? .completions : .chat)) == .completions else {
            return ChatScorer(hosted, name: isAddress ? "\(name) (chat)" : name, concurrency: concurrency)
        }
        guard hosted.format == .openAI else {
            throw CommandError("\(name) has no completions: it is asked with --api chat")
        }
        return CompletionScorer(hosted, name: name, concurrency: concurrency, beginning: beginning)
    }

    /// The model as conversations ask it, and how many of these it can have at once.
    func chatModel(_ name: String) throws -> (model: any ChatModel, concurrency: Int) {
        if let hosted = try hosted(name) { return (hosted, concurrency) }
        return (LocalChatModel(try engine(name).engine), 32)
    }

    private func engine(_ name: String) throws -> EngineModel {
        try loadEngine(ModelOptions.path(of: name), id: nil, options: modelOptions, reusesPrefixes: false)
    }

    private func hosted(_ name: String) throws -> HostedModel? {
        guard var model = try HostedModel.named(name, environment: ProcessInfo.processInfo.environment) else {
            return nil
        }
        (model.idleTimeout, model.attempts) = (timeout, attempts)
        return model
    }
}
