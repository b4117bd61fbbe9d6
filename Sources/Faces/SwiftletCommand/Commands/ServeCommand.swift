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
    @Flag(help: "Serve on an address that other machines reach although there are no keys.") var open = false
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
            "A LoRA adapter of the first model, in PEFT's format, that requests name as a model; may be repeated.",
            valueName: "name=folder"))
    var lora: [String] = []
    @Option(help: ArgumentHelp("A folder of adapters that clients may load.", valueName: "folder"))
    var loraFolder: String?
    @Flag(
        help:
            "Let texts of different clients share no beginnings and no kept answers, so that no time tells what others have asked."
    )
    var isolateCache = false
    @Option(
        help: ArgumentHelp("A folder where clients may save what was computed of their texts.", valueName: "folder"))
    var slotSavePath: String?
    @Option(
        help: ArgumentHelp(
            "A folder where beginnings of texts are kept from one start of the server to the next.", valueName: "folder"
        ))
    var prefixCache: String?
    @Flag(help: "Write a line of JSON to standard error for each request.") var logRequests = false
    @OptionGroup(title: "Kept answers") var cacheOptions: SemanticCacheOptions
    @OptionGroup(title: "Models of the store") var storeOptions: StoreOptions
    @OptionGroup(title: "Guessing ahead") var draftOptions: DraftOptions
    @OptionGroup(title: "Model") var modelOptions: ModelOptions
    @OptionGroup(title: "Models that embed or rerank") var rounding: WeightRoundingOptions

    func validate() throws {
        guard maxQueue >= 1 else { throw ValidationError("--max-queue wants a number from 1, not \(maxQueue)") }
        guard maxWait > 0 else { throw ValidationError("--max-wait wants a number above 0, not \(maxWait)") }
        guard (1...1024).contains(parallel) else {
            throw ValidationError("--parallel wants a number from 1 to 1024, not \(parallel)")
        }
        guard (0...65535).contains(port) else { throw ValidationError("--port wants 0 to 65535, not \(port)") }
        if let toolFormat, ToolCallFormat.named(toolFormat) == nil {
            throw ValidationError("--tool-format wants one of the names in the help, not \(toolFormat)")
        }
    }

    func run() async throws {
        // An IPv6 address stands in brackets in URLs only.
        let address = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        let environment = ProcessInfo.processInfo.environment
        var options = ServerOptions(host: address, port: port)
        options.allowedOrigins = allowOrigin
        let keys = (environment["SWIFTLET_API_KEYS"] ?? "").split(separator: ",").map(String.init)
        options.apiKeys = APIKeys(apiKey + keys)
        guard options.isLocal || !options.apiKeys.isEmpty || open else {
            throw CommandError(
                "--host \(host) lets other machines in, and there are no keys: set SWIFTLET_API_KEYS or --api-key, or say --open"
            )
        }
        options.collections = DocumentModels.collections.path

        let loader = ServedModelLoader(
            modelOptions: modelOptions, engineOptions: engineOptions, roundsWeights: rounding.bf16,
            toolCallFormat: toolFormat.flatMap(ToolCallFormat.named))
        let store = LocalStore(environment: environment)
        let isPrivate = options.isLocal && options.apiKeys.isEmpty
        if storeOptions.manageModels ?? isPrivate {
            options.management = StoreManagement(store: store, hub: HubSettings(environment: environment))
        }
        let isOnDemand = storeOptions.onDemand ?? isPrivate
        if isOnDemand {
            let catalog = StoreCatalog(store: store) { try loader.load($0, id: $1, reserved: $2) }
            options.onDemand = storeOptions.options(catalog: catalog)
        }
        var names = ServedNames()
        var served: [LoadedModel] = []
        for name in models.isEmpty ? [nil] : models.map(Optional.some) {
            let path: String
            do {
                path = try ModelOptions.path(of: name)
            } catch let error as ModelStoreError where name == nil && isOnDemand {
                // A server may begin with nothing but what requests will ask for.
                Console.note("\(error)")
                continue
            }
            let id = names.add(name, path: path)
            if name == nil, isOnDemand, draftOptions.draft == nil, store.model(at: path)?.name.text == id {
                options.onDemand?.defaultModel = id
            } else {
                let hasModel = served.contains { if case .language = $0 { true } else { false } }
                served.append(
                    try loader.load(
                        path, id: id, drafting: hasModel ? nil : draftOptions,
                        reserved: served.reduce(0) { $0 + $1.reserve }))
            }
        }
        try loadAdapters(into: served)
        (options.adapterFolder, options.slotFolder) = (loraFolder, slotSavePath)
        if logRequests { options.requestLog = { Console.note($0.text()) } }
        options.semanticCache = try cacheOptions.open()
        options.isolatesClients = isolateCache
        let kept = try prefixCache.map { try KeptPrefixes(folder: $0, models: served) }
        await kept?.restore()
        options.aliases = try names.aliases(
            alias, ids: served.map(\.id) + [options.onDemand?.defaultModel].compactMap(\.self))
        try await serve(served, options)
        await kept?.save()
        try options.semanticCache?.close()
    }

    private func loadAdapters(into models: [LoadedModel]) throws {
        for text in lora {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw CommandError("--lora wants NAME=FOLDER, not \(text)") }
            let holder = models.lazy.compactMap { model -> (any AdapterHolder)? in
                if case .language(let model) = model { model as? any AdapterHolder } else { nil }
            }.first
            guard let holder else { throw CommandError("--lora needs a language model that the command names") }
            guard !models.contains(where: { $0.id == parts[0] }), try holder.loadAdapter(parts[1], as: parts[0]) else {
                throw CommandError("--lora: another model is called \(parts[0]) already")
            }
        }
    }

    private func serve(_ models: [LoadedModel], _ options: ServerOptions) async throws {
        let shownHost = options.host.contains(":") ? "[\(options.host)]" : options.host
        let shownNames =
            (models.map(\.id) + [options.onDemand?.defaultModel].compactMap(\.self) + options.aliases.keys.sorted())
            .joined(separator: ", ")
        var logger = Logger(label: "swiftlet") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        PackedWeights.writeFilesWhenIdle()
        let rest =
            options.onDemand == nil ? "" : shownNames.isEmpty ? "the store's models" : " and what else the store has"
        try await Server(hosting: models, options: options, logger: logger).run { port in
            Console.note("serving \(shownNames)\(rest) on http://\(shownHost):\(port)/")
        }
    }

    private var engineOptions: EngineOptions {
        var options = EngineOptions()
        (options.queuedRequests, options.waitingSeconds) = (maxQueue, maxWait)
        options.concurrentRequests = parallel
        draftOptions.apply(to: &options)
        options.isolatesClients = isolateCache
        return options
    }
}
