/// Why a server cannot start.
public enum ServerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// No model was given.
    case noModels
    /// Two models have the same name.
    case repeatedModel(String)
    /// The port is not between 0 and 65535.
    case invalidPort(Int)
    /// Another program listens on this address.
    case addressInUse(host: String, port: Int)
    /// The address cannot be listened on for another reason.
    case cannotListen(host: String, port: Int, reason: String)

    /// What is wrong and what to do about it.
    public var description: String {
        switch self {
        case .noModels: "the server was given no model; name at least one"
        case .repeatedModel(let name): "two models are named \"\(name)\"; give one of them another name"
        case .invalidPort(let port): "port \(port) is not between 0 and 65535"
        case .addressInUse(let host, let port):
            "\(host):\(port) is in use by another program; stop it or choose another port with --port"
        case .cannotListen(let host, let port, let reason):
            "cannot listen on \(host):\(port): \(reason); choose another address with --host or another port with --port"
        }
    }
}
