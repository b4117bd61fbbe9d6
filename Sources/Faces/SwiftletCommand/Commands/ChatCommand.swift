import ArgumentParser
import Essentials
import ModelStore
import Platform

/// `swiftlet chat`.
struct ChatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Talk to a model in the terminal.",
        discussion: """
            Ctrl-C stops the answer, Ctrl-D leaves, /help lists the commands. Without MODEL the store's only model is \
            taken, or smollm2.

              swiftlet chat smollm2 --system "You answer in one sentence."
            """)

    @Argument(help: "A model of the store, a GGUF file, or a Hugging Face folder.") var model: String?
    @Option(help: "The system prompt.") var system: String?
    @Option(help: "Go on with a saved conversation.") var load: String?
    @Option(name: .shortAndLong, help: "The most tokens of one answer.") var maxTokens: Int?
    @OptionGroup(title: "Sampling") var samplingOptions: SamplingOptions
    @OptionGroup(title: "Guessing ahead") var draftOptions: DraftOptions
    @OptionGroup(title: "Model") var modelOptions: ModelOptions

    func validate() throws {
        if let maxTokens, maxTokens < 1 {
            throw ValidationError("--max-tokens wants a number from 1, not \(maxTokens)")
        }
    }

    func run() async throws {
        let path = try ModelOptions.path(of: model)
        var conversation = try load.map { try Conversation.load(from: $0) } ?? Conversation()
        if let system { conversation.system = system }
        let model: any TextModel = try loadEngine(path, id: nil, options: modelOptions, drafting: draftOptions)
        var sampling = model.defaultSampling
        try samplingOptions.apply(to: &sampling)
        let store = LocalStore(environment: ProcessInfo.processInfo.environment)
        var editor = LineEditor(
            history: History(path: store.folder + "/history"), complete: SlashCommand.completions)
        var session = ChatSession(model: model, conversation: conversation, sampling: sampling)
        session.maximumTokens = maxTokens
        let style = Style(descriptor: STDERR_FILENO)
        Console.note(style.dim("\(model.name), context \(model.contextLength) tokens. /help lists the commands."))
        let prompt = Style(descriptor: STDOUT_FILENO).bold("> ")
        while true {
            switch editor.read(prompt: prompt) {
            case .end: return
            case .interrupted: continue
            case .text(let line):
                if line.allSatisfy(\.isWhitespace) { continue }
                guard try await session.take(line) else { return }
            }
        }
    }
}
