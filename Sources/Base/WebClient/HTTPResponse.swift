package import Essentials

/// The head of a response.
package struct HTTPResponse: Sendable {
    /// The address that answered, after redirections.
    package var url: URL
    package var status: Int
    /// Fields by their names in lower case.
    package var fields: [String: String] = [:]

    init(url: URL, status: Int) { (self.url, self.status) = (url, status) }

    /// A field's value.
    package subscript(name: String) -> String? { fields[name.lowercased()] }

    /// The bytes of the body, if the server tells.
    package var length: Int? { self["Content-Length"].flatMap { Int($0) } }

    /// The type of the body in lower case, without parameters such as its encoding.
    package var mediaType: String? {
        self["Content-Type"]?.split { $0 == ";" || $0.isWhitespace }.first?.lowercased()
    }

    /// Whether the status is one of success.
    package var isSuccess: Bool { 200..<300 ~= status }

    var isRedirection: Bool { [301, 302, 303, 307, 308].contains(status) }

    /// Whether another attempt may have another answer.
    package var mayPass: Bool { [408, 425, 429].contains(status) || status >= 500 && status != 501 && status != 505 }
}

/// What becomes of a response's body.
package protocol ResponseReceiver: Sendable {
    /// Looks at a response before its body; returns whether the body is wanted.
    func begin(_ response: HTTPResponse) throws -> Bool
    /// Takes the next bytes of the body; it may wait, which holds the sender up.
    func receive(_ bytes: UnsafeRawBufferPointer) throws
}
