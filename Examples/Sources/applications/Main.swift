import Foundation
import Swiftlet

/// What each application does with a model and its arguments.
typealias Application = @Sendable (any ChatModel, [String]) async throws -> Void

/// `applications NAME MODEL ARGUMENT...`, where MODEL is a file, a folder, or a server as `http://host/v1#NAME`.
@main
struct Main {
    /// With how many arguments of its own each is called.
    static let applications: [String: (count: Int, run: Application)] = [
        "chat": (2, chat), "documents": (2, askDocuments), "analyst": (2, analyst),
        "router": (1, supportRouter),
        "research": (2, research),
        "fixer": (2, codeFixer), "form": (1, formFiller), "summary": (1, summarize),
        "translate": (2, translate),
        "debate": (1, debate),
    ]

    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard let name = arguments.first, let application = applications[name],
            arguments.count == application.count + 2
        else {
            end("usage: applications \(applications.keys.sorted().joined(separator: "|")) MODEL ARGUMENT...")
        }
        do {
            let model: any ChatModel =
                try HostedModel.named(arguments[1], environment: [:])
                ?? LocalChatModel(Engine(model: try LanguageModel.load(arguments[1])))
            try await Budget.usual.run { try await application.run(model, Array(arguments.dropFirst(2))) }
        } catch {
            end("error: \(error)")
        }
    }

    private static func end(_ message: String) -> Never {
        FileHandle.standardError.write(Data((message + "\n").utf8))
        exit(1)
    }
}
