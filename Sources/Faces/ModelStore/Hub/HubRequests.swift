import Essentials
import JSONValues
import WebClient

/// Requests to the hub that try again when a failure may pass.
struct HubRequests: Sendable {
    let settings: HubSettings
    private let client = HTTPClient()
    let onEvent: @Sendable (PullEvent) -> Void

    init(settings: HubSettings, onEvent: @escaping @Sendable (PullEvent) -> Void) {
        self.settings = settings
        self.onEvent = onEvent
    }

    /// Asks for an address, for the bytes from `range` on if given, once.
    func get(_ url: URL, range: Int = 0, to receiver: any ResponseReceiver) async throws -> HTTPResponse {
        var request = HTTPRequest(url)
        request.idleTimeout = settings.idleTimeout
        if range > 0 { request.fields.append(HTTPRequest.Field("Range", "bytes=\(range)-")) }
        // Files lie on other hosts, which must not learn the token.
        if let token = settings.token {
            request.credentials.append(HTTPRequest.Field("Authorization", "Bearer \(token)"))
        }
        return try await client.send(request, to: receiver)
    }

    /// Runs attempts until one returns true (done), with growing pauses after failures that may pass.
    ///
    /// An attempt returns the hub's response and whether it was received whole; `hasProgressed` tells whether it
    /// brought any bytes, which starts the count of attempts anew.
    func retrying(
        _ url: URL, attempt: () async throws -> (response: HTTPResponse, isComplete: Bool, hasProgressed: Bool)
    ) async throws {
        var failures = 0
        while true {
            var failure: ModelStoreError
            var answer: HTTPResponse?
            do {
                let (response, isComplete, hasProgressed) = try await attempt()
                if isComplete { return }
                if hasProgressed { failures = 0 }
                failures += 1
                failure = error(for: response, url: url, attempts: failures)
                // 416 passes because the part that was asked to be continued is discarded.
                guard response.mayPass || [200, 206, 416].contains(response.status) else { throw failure }
                answer = response
            } catch HTTPError.tooLong(_, let limit) {
                throw ModelStoreError.unexpectedAnswer(
                    url: url.absoluteString, reason: "it is longer than \(limit) bytes")
            } catch let error as HTTPFailure {
                failures += 1
                failure = .connection(url: url.absoluteString, reason: error.reason, attempts: failures)
                guard error.mayPass else { throw failure }
            }
            guard failures < settings.retries.attempts else { throw failure }
            let pause = settings.retries.pause(afterFailures: failures, response: answer)
            onEvent(.retrying(reason: Self.summary(failure), seconds: pause))
            try await Task.sleep(for: .seconds(pause))
        }
    }

    /// Gets a JSON document.
    func json(_ url: URL) async throws -> JSON {
        let body = BodyReceiver(limit: 64 << 20)
        var answer: HTTPResponse?
        try await retrying(url) {
            let response = try await get(url, to: body)
            answer = response
            let isComplete = body.bytes.count >= response.length ?? 0
            return (response, response.status == 200 && isComplete, false)
        }
        do {
            return try JSON(parsing: body.bytes, source: url.absoluteString)
        } catch {
            let isWebPage = answer?.isWebPage(body.bytes) == true
            throw ModelStoreError.unexpectedAnswer(
                url: url.absoluteString, reason: isWebPage ? HTTPResponse.webPage : error.reason)
        }
    }

    private func error(for response: HTTPResponse, url: URL, attempts: Int) -> ModelStoreError {
        switch response.status {
        case 401, 403:
            .unauthorized(url: url.absoluteString, status: response.status, hasToken: settings.token != nil)
        case 404: .notFound(url: url.absoluteString)
        case 200, 206:
            .connection(url: url.absoluteString, reason: "it was cut before the end", attempts: attempts)
        default: .httpStatus(url: url.absoluteString, status: response.status, attempts: attempts)
        }
    }

    private static func summary(_ error: ModelStoreError) -> String {
        switch error {
        case .httpStatus(_, let status, _): "HTTP \(status)"
        case .connection(_, let reason, _): reason
        default: "\(error)"
        }
    }
}
