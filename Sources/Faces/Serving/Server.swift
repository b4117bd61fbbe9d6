import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import ServiceLifecycle

/// An HTTP server that offers models through OpenAI's API and a web page to talk to them.
///
/// ```swift
/// import Swiftlet
///
/// let engine = Engine(model: try LanguageModel.load("smollm2.gguf"))
/// let server = try Server(models: [EngineModel(engine: engine, id: "smollm2")])
/// try await server.run { port in print("http://127.0.0.1:\(port)/") }
/// ```
public struct Server: Sendable {
    private let routes: Routes
    private let manager: ModelManager
    private let options: ServerOptions
    private let logger: Logger

    /// Makes a server; requests without a model's name go to the first model of the kind that they need.
    ///
    /// - Throws: `ServerError` for no models, for two of the same name, or an impossible port.
    public init(
        models: [any ServedModel], embedders: [ServedEmbedder] = [], rerankers: [ServedReranker] = [],
        options: ServerOptions = ServerOptions(), logger: Logger = Logger(label: "swiftlet")
    ) throws(ServerError) {
        try self.init(
            hosting: models.map(LoadedModel.language) + embedders.map(LoadedModel.embedder)
                + rerankers.map(LoadedModel.reranker), options: options, logger: logger)
    }

    /// Makes a server of models of every kind.
    ///
    /// - Throws: what the other one throws.
    package init(hosting models: [LoadedModel], options: ServerOptions, logger: Logger) throws(ServerError) {
        let host = try ModelHost(models, aliases: options.aliases)
        guard (0...65535).contains(options.port) else { throw .invalidPort(options.port) }
        guard !host.ids.isEmpty || options.onDemand != nil else { throw .noModels }
        manager = ModelManager(host, options.onDemand)
        routes = Routes(manager: manager, options: options)
        self.options = options
        self.logger = logger
    }

    /// Serves until a signal or the cancellation of the task ends it.
    ///
    /// - Parameter onListening: called once connections are accepted, with the actual port.
    /// - Throws: `ServerError` if the address cannot be listened on.
    public func run(onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }) async throws {
        // Whoever names no model does not wait for it.
        if options.onDemand?.defaultModel != nil { _ = try await manager.host(for: [nil]) }
        let application = Application(
            router: routes.router(), server: HTTPServerBuilder { HTTPConnection(responder: $0) },
            configuration: ApplicationConfiguration(
                address: .hostname(options.host, port: options.port), serverName: "swiftlet"),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? options.port) },
            logger: logger)
        var configuration = ServiceGroupConfiguration(
            services: [.init(service: application)],
            gracefulShutdownSignals: options.endsOnSignals ? [.sigint, .sigterm] : [], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(options.gracePeriod)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch is CancellationError {
            // The end that was asked for.
        } catch let error as IOError where error.errnoCode == addressInUseCode {
            throw ServerError.addressInUse(host: options.host, port: options.port)
        } catch let error as IOError {
            throw ServerError.cannotListen(host: options.host, port: options.port, reason: "\(error)")
        } catch is SocketAddressError.UnknownHost {
            throw ServerError.cannotListen(
                host: options.host, port: options.port, reason: "no address is known by that name")
        } catch let error as SocketAddressError {
            throw ServerError.cannotListen(host: options.host, port: options.port, reason: "\(error)")
        }
    }
}
