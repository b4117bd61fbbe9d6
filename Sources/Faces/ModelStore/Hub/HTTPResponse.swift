import Essentials

/// The head of a response.
struct HTTPResponse: Sendable {
    var url: URL
    var status: Int
    /// Fields by their names in lower case.
    var fields: [String: String] = [:]

    /// A field's value.
    subscript(name: String) -> String? { fields[name.lowercased()] }

    /// The bytes of the body, if the server tells.
    var length: Int? { self["Content-Length"].flatMap { Int($0) } }
}

/// What becomes of a response's body.
protocol ResponseReceiver: Sendable {
    /// Looks at a response before its body; returns whether the body is wanted.
    func begin(_ response: HTTPResponse) throws -> Bool
    /// Takes the next bytes of the body.
    func receive(_ bytes: UnsafeRawBufferPointer) throws
}

/// Why there was no whole response.
struct HTTPFailure: Error, Hashable {
    var reason: String
    /// Whether another attempt may succeed.
    var mayPass: Bool
}
