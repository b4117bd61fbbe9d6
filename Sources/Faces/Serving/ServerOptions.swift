public import JSONValues
public import Retrieval

/// Where a server listens and what it lets in.
public struct ServerOptions: Sendable {
    /// The address or name to listen on; the default is reachable from this machine only.
    public var host = "127.0.0.1"
    /// The port; 0 lets the system choose a free one.
    public var port = 8080
    /// Web origins, such as `https://chat.example.org`, whose pages may call this server, besides its own page and
    /// pages served from this machine. `*` lets every page in.
    public var allowedOrigins: [String] = []
    /// Further names that requests may use, each with the name of the model that it stands for.
    public var aliases: [String: String] = [:]
    /// The largest request body in bytes.
    public var maximumBodySize = 32 << 20
    /// The keys that let clients in; none let everybody in who can reach the server.
    public var apiKeys = APIKeys()
    /// Which models are loaded when requests ask for them; nil offers those alone that the server is given.
    public var onDemand: OnDemandOptions?
    /// The store whose models clients may pull, make, copy and remove; nil lets them do nothing of that.
    package var management: StoreManagement?
    /// The folder of adapters that clients may load; nil lets them load none.
    public var adapterFolder: String?
    /// Where clients may save what was computed of texts; nil lets them save nothing.
    public var slotFolder: String?
    /// Takes a JSON object for each request, when its answer is whole or its stream has been sent; nil for no log.
    public var requestLog: (@Sendable (JSON) -> Void)?
    /// Answers to chats that are given again; nil has every answer made.
    public var semanticCache: SemanticCache?
    /// Whether clients share no such answers.
    public var isolatesClients = false
    /// The folder of collections of documents; nil offers none.
    public var collections: String?
    /// Whether SIGINT and SIGTERM end the server, after running answers got a few seconds to finish.
    public var endsOnSignals = true
    /// How many seconds running answers get when the server is told to end.
    public var gracePeriod: Double = 3

    /// Whether it listens on an address that only this machine reaches.
    package var isLocal: Bool { OriginPolicy.isLocal(host) }

    /// Makes the default options: 127.0.0.1:8080, its own page and local pages only.
    public init() {}

    /// Makes options for an address.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}
