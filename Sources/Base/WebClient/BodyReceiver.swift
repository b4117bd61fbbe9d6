import Synchronization

/// A body held in memory, up to a limit; the last response's if there are several.
package final class BodyReceiver: ResponseReceiver {
    private struct State {
        var url = ""
        var length: Int?
        var bytes: [UInt8] = []
    }

    private let limit: Int
    private let state = Mutex(State())

    /// Takes at most `limit` bytes.
    package init(limit: Int) { self.limit = limit }

    /// The bytes so far.
    package var bytes: [UInt8] { state.withLock { $0.bytes } }

    package func begin(_ response: HTTPResponse) throws -> Bool {
        try state.withLock { state in
            state = State(url: response.url.absoluteString, length: response.length)
            if let length = response.length, length > limit { throw HTTPError.tooLong(url: state.url, limit: limit) }
        }
        return true
    }

    package func receive(_ bytes: UnsafeRawBufferPointer) throws {
        try state.withLock { state in
            guard bytes.count <= limit - state.bytes.count else {
                throw HTTPError.tooLong(url: state.url, limit: limit)
            }
            state.bytes.append(contentsOf: bytes)
        }
    }
}

extension HTTPResponse {
    /// What a web page in the place of something else means.
    package static let webPage =
        "a web page came instead; the login page of a network or a proxy may stand in between: "
        + "open the address in a browser, log in there, and try again"

    /// Whether a body is a web page, by what the response says or by how it begins.
    package func isWebPage(_ body: some Collection<UInt8>) -> Bool {
        if mediaType == "text/html" || mediaType == "application/xhtml+xml" { return true }
        let start = body.drop { [0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }.prefix(14)
        let text = String(decoding: start, as: UTF8.self).lowercased()
        return text.hasPrefix("<!doctype html") || text.hasPrefix("<html")
    }
}
