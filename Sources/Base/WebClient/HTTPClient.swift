import Essentials
package import JSONValues

/// Sends requests, follows redirections, and tries again where that may help.
package struct HTTPClient: Sendable {
    /// How often and when it tries again.
    package var retries: RetryPolicy
    /// Told before each further attempt: why, and after how many seconds.
    package var onRetry: @Sendable (_ reason: String, _ pause: Double) -> Void

    package init(
        retries: RetryPolicy = RetryPolicy(), onRetry: @escaping @Sendable (String, Double) -> Void = { _, _ in }
    ) {
        (self.retries, self.onRetry) = (retries, onRetry)
    }

    /// Sends a request once, follows redirections, and returns when the body has been received or refused.
    ///
    /// - Throws: What the receiver throws, `HTTPError`, `HTTPFailure`, or `CancellationError`.
    package func send(_ request: HTTPRequest, to receiver: any ResponseReceiver) async throws -> HTTPResponse {
        guard let scheme = request.url.scheme, ["http", "https"].contains(scheme), request.url.host != nil else {
            throw HTTPError.invalidRequest(url: request.url.absoluteString, reason: "it is no address of HTTP")
        }
        var request = request
        let end = request.totalTimeout.map { ContinuousClock.now + .seconds($0) }
        for _ in 0..<16 {
            if let end {
                let left = ContinuousClock.now.duration(to: end) / .seconds(1)
                guard left > 0 else { throw HTTPFailure(reason: "it took too long", mayPass: true) }
                request.totalTimeout = left
            }
            let response = try await request.transfer(to: RedirectionFilter(request: request, receiver: receiver))
            guard request.followsRedirections, let next = request.redirected(by: response) else { return response }
            request = next
        }
        throw HTTPFailure(reason: "it is redirected without end", mayPass: false)
    }

    /// The response and its whole body; tries again after failures that may pass. A status other than 2xx is an error.
    package func data(_ request: HTTPRequest) async throws -> (response: HTTPResponse, body: [UInt8]) {
        try await retrying(request) {
            let body = BodyReceiver(limit: request.maximumBytes)
            let response = try await send(request, to: body)
            return (response, (response, body.bytes), body.bytes)
        }
    }

    /// The JSON value that a request is answered with.
    package func json(_ request: HTTPRequest) async throws -> JSON {
        let (response, body) = try await data(request)
        do throws(JSONError) {
            return try JSON(parsing: body, source: response.url.absoluteString)
        } catch {
            throw HTTPError.unexpectedAnswer(
                url: response.url.absoluteString, reason: response.isWebPage(body) ? HTTPResponse.webPage : error.reason
            )
        }
    }

    /// The response and its body in pieces as they arrive. Whoever reads slowly holds the server up, whoever stops reading, or is
    /// cancelled, ends the transfer. It is tried again until the head of a response has come.
    package func stream(
        _ request: HTTPRequest
    ) async throws -> (response: HTTPResponse, pieces: AsyncThrowingStream<[UInt8], any Error>) {
        try await retrying(request) {
            let reader = try await PieceReader.start(request, client: self)
            guard reader.response.isSuccess else { return (reader.response, nil, try await reader.beginning()) }
            let pieces = AsyncThrowingStream<[UInt8], any Error> { try await reader.next() }
            return (reader.response, (reader.response, pieces), [])
        }
    }

    /// The messages of an event stream as they arrive.
    package func events(
        _ request: HTTPRequest
    ) async throws -> AsyncThrowingStream<ServerSentEvent, any Error> {
        var request = request
        if !request.fields.contains(where: { $0.name.lowercased() == "accept" }) {
            request.fields.append(HTTPRequest.Field("Accept", "text/event-stream"))
        }
        let (_, pieces) = try await stream(request)
        let state = EventIterator(pieces.makeAsyncIterator())
        return AsyncThrowingStream { try await state.next() }
    }

    /// Runs attempts until one has a value, or fails for good.
    private func retrying<R>(
        _ request: HTTPRequest, attempt: () async throws -> (HTTPResponse, R?, beginning: [UInt8])
    ) async throws -> R {
        var failures = 0
        let url = request.url.absoluteString
        while true {
            let (failure, mayPass, response): (HTTPError, Bool, HTTPResponse?)
            do {
                let (head, value, beginning) = try await attempt()
                if head.isSuccess, let value { return value }
                failures += 1
                let text = String(decoding: beginning.prefix(500), as: UTF8.self).split(whereSeparator: \.isWhitespace)
                failure = .status(
                    url: url, status: head.status, body: text.joined(separator: " "), attempts: failures)
                // These say that nothing was done.
                mayPass = request.isRepeatable ? head.mayPass : [429, 503].contains(head.status)
                response = head
            } catch let error as HTTPFailure {
                failures += 1
                failure = .connection(url: url, reason: error.reason, attempts: failures)
                mayPass = error.mayPass && (request.isRepeatable || error.isUnsent)
                response = nil
            }
            guard mayPass, failures < retries.attempts else { throw failure }
            let pause = retries.pause(afterFailures: failures, response: response)
            onRetry(failure.description, pause)
            try await Task.sleep(for: .seconds(pause))
        }
    }
}

/// Keeps the bodies of redirections away from a receiver.
private struct RedirectionFilter: ResponseReceiver {
    let request: HTTPRequest
    let receiver: any ResponseReceiver

    func begin(_ response: HTTPResponse) throws -> Bool {
        try request.redirected(by: response) == nil && receiver.begin(response)
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws { try receiver.receive(bytes) }
}

/// The messages of a stream of pieces; one task at a time asks for them.
private final class EventIterator: @unchecked Sendable {
    // Invariant: `next` is called by the one stream that holds this, one call after the other.
    private var pieces: AsyncThrowingStream<[UInt8], any Error>.Iterator
    private var parser = ServerSentEventParser()
    private var events: ArraySlice<ServerSentEvent> = []

    init(_ pieces: AsyncThrowingStream<[UInt8], any Error>.Iterator) { self.pieces = pieces }

    func next() async throws -> ServerSentEvent? {
        while true {
            if let event = events.popFirst() { return event }
            guard let piece = try await pieces.next() else { return nil }
            events = try parser.parse(piece)[...]
        }
    }
}
