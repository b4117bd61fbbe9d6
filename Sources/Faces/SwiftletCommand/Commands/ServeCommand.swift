import ArgumentParser
import Essentials
import Inference
import Logging
import ModelStore
import Serving
import Tensors

/// `swiftlet serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve models over HTTP: OpenAI's API and a web page.",
        discussion: """
            Requests name a model by the name given here, or, of a file or folder, by the name in its metadata; those \
            without a name get the first one. Clients that insist on names of their own get them by --alias. Nothing \
            leaves this machine, and other machines can reach the server only if --host says so. Models that embed or rerank may stand \
            beside language models: they answer /v1/embeddings and /v1/rerank.

              swiftlet serve smollm2 minilm
              curl http://127.0.0.1:8080/v1/chat/completions -d '{"messages": [{"role": "user", "content": "Hi!"}]}'
            """)

    @Argument(help: "Models of the store, files, or folders; without any, the default model.")
    var models: [String] = []
    @Option(
        help: ArgumentHelp(
            "Another name for the first model, or for MODEL; may be repeated.", valueName: "name[=model]"))
    var alias: [String] = []
    @Option(help: "The address to listen on; 0.0.0.0 or :: for every interface.") var host = "127.0.0.1"
    @Option(help: "The port; 0 for any free one.") var port = 8080
    @Option(help: "A web origin whose pages may call the server; may be repeated, * for all.")
    var allowOrigin: [String] = []
    @Option(
        help: ArgumentHelp(
            "How the models call tools; otherwise as their chat templates say.",
            discussion: ToolCallFormat.all.map(\.name).joined(separator: ", "), valueName: "format"))
    var toolFormat: String?
    @Option(
        help: ArgumentHelp(
            "A key that clients must send; may be repeated. SWIFTLET_API_KEYS holds more, with commas between.",
            valueName: "key"))
    var apiKey: [String] = []
    @Option(help: "The most requests that wait; more are answered with 429.") var maxQueue = EngineOptions()
        .queuedRequests
    @Option(help: ArgumentHelp("How long a request may wait before it is answered with 429.", valueName: "seconds"))
    var maxWait = EngineOptions().waitingSeconds
    @Option(help: ArgumentHelp("The most texts that are worked on at once.", valueName: "count"))
    var parallel = EngineOptions().concurrentRequests
    @Option(
        help: ArgumentHelp(
            "Guess up to so many tokens ahead from what a text says already; answers stay the same.",
            valueName: "tokens"))
    var lookup = 0
    @OptionGroup(title: "Model") var modelOptions: ModelOptions
    @OptionGroup(title: "Models that embed or rerank") var rounding: WeightRoundingOptions

    func validate() throws {
        guard maxQueue >= 1 else { throw ValidationError("--max-queue wants a number from 1, not \(maxQueue)") }
        guard maxWait > 0 else { throw ValidationError("--max-wait wants a number above 0, not \(maxWait)") }
        guard (0...16).contains(lookup) else {
            throw ValidationError("--lookup wants a number from 0 to 16, not \(lookup)")
        }
        guard (1...1024).contains(parallel) else {
            throw ValidationError("--parallel wants a number from 1 to 1024, not \(parallel)")
        }
        guard (0...65535).contains(port) else { throw ValidationError("--port wants 0 to 65535, not \(port)") }
        if let toolFormat, ToolCallFormat.named(toolFormat) == nil {
            throw ValidationError("--tool-format wants one of the names in the help, not \(toolFormat)")
        }
    }

    func run() async throws {
        var names = ServedNames()
        var served: [EngineModel] = []
        var embedders: [ServedEmbedder] = []
        var rerankers: [ServedReranker] = []
        for name in models.isEmpty ? [nil] : models.map(Optional.some) {
            let path = try ModelOptions.path(of: name)
            Console.note("loading \(path)")
            let id = names.add(name, path: path)
            switch try ModelKind.of(path) {
            case .language:
                let model = try await loadEngine(path, id: id, options: modelOptions, engine: engineOptions)
                let format = toolFormat.flatMap(ToolCallFormat.named)
                served.append(EngineModel(engine: model.engine, id: id, toolCallFormat: format))
            case .crossEncoder:
                let encoder = try CrossEncoder.load(
                    path, threads: modelOptions.threads, roundsWeights: rounding.bf16)
                Console.note(oddities: encoder.notes)
                rerankers.append(ServedReranker(id: id, created: Self.date(of: path), reranker: encoder))
            case .sentenceEncoder, .tokenVectors, .wordVectors:
                var options = SentenceEncoder.LoadingOptions()
                (options.threads, options.roundsWeights) = (modelOptions.threads, rounding.bf16)
                let weights = modelOptions.packedCache.weights(for: path, isRounded: rounding.bf16)
                let embedder = try ModelKind.loadEmbedder(path, options: options, weights: weights)
                Console.note(oddities: embedder.notes)
                embedders.append(ServedEmbedder(id: id, created: Self.date(of: path), embedder: embedder))
            }
        }
        let ids = served.map(\.id) + embedders.map(\.id) + rerankers.map(\.id)
        // An IPv6 address stands in brackets in URLs only.
        let address = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        var options = ServerOptions(host: address, port: port)
        options.allowedOrigins = allowOrigin
        let environment = ProcessInfo.processInfo.environment["SWIFTLET_API_KEYS"] ?? ""
        options.apiKeys = APIKeys(apiKey + environment.split(separator: ",").map(String.init))
        options.collections = DocumentModels.collections.path
        options.aliases = try names.aliases(alias, ids: ids)
        let shownHost = address.contains(":") ? "[\(address)]" : address
        let shownNames = (ids + options.aliases.keys.sorted()).joined(separator: ", ")
        var logger = Logger(label: "swiftlet") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        PackedWeights.writeFilesWhenIdle()
        try await Server(
            models: served, embedders: embedders, rerankers: rerankers, options: options, logger: logger
        ).run { port in
            Console.note("serving \(shownNames) on http://\(shownHost):\(port)/")
        }
    }

    private var engineOptions: EngineOptions {
        var options = EngineOptions()
        (options.queuedRequests, options.waitingSeconds) = (maxQueue, maxWait)
        (options.concurrentRequests, options.draftTokens) = (parallel, lookup)
        return options
    }

    /// When a model's file or folder was last changed, in seconds since 1970.
    private static func date(of path: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return Int((attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0)
    }
}
