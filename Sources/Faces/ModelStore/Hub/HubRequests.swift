import Essentials
import JSONValues
import Synchronization

/// Requests to the hub that try again when a failure may pass.
struct HubRequests: Sendable {
    let settings: HubSettings
    let client: HTTPClient
    let onEvent: @Sendable (PullEvent) -> Void

    init(settings: HubSettings, onEvent: @escaping @Sendable (PullEvent) -> Void) {
        self.settings = settings
        self.onEvent = onEvent
        client = HTTPClient(settings: settings)
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
            var pause = min(settings.longestPause, settings.firstPause * Double(1 << min(failures, 16)))
            var failure: ModelStoreError
            do {
                let (response, isComplete, hasProgressed) = try await attempt()
                if isComplete { return }
                if hasProgressed { failures = 0 }
                failures += 1
                failure = error(for: response, url: url, attempts: failures)
                guard Self.mayPass(response.status) else { throw failure }
                if let seconds = response["Retry-After"].flatMap(Double.init), seconds >= 0 {
                    pause = min(settings.longestPause, max(seconds, settings.firstPause))
                }
            } catch let error as HTTPFailure {
                failures += 1
                failure = .connection(url: url.absoluteString, reason: error.reason, attempts: failures)
                guard error.mayPass else { throw failure }
            }
            guard failures < settings.attempts else { throw failure }
            onEvent(.retrying(reason: Self.summary(failure), seconds: pause))
            try await Task.sleep(for: .seconds(pause))
        }
    }

    /// Gets a JSON document.
    func json(_ url: URL) async throws -> JSON {
        let body = Body()
        try await retrying(url) {
            body.reset()
            let response = try await client.get(url, receiver: body)
            return (response, response.status == 200 && body.isComplete(response), false)
        }
        if body.isTooLong {
            throw ModelStoreError.unexpectedAnswer(url: url.absoluteString, reason: "it is longer than 64 MB")
        }
        do {
            return try JSON(parsing: body.bytes, source: url.absoluteString)
        } catch {
            throw ModelStoreError.unexpectedAnswer(url: url.absoluteString, reason: error.reason)
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

    /// 416 passes because the part that was asked to be continued is discarded.
    private static func mayPass(_ status: Int) -> Bool {
        [200, 206, 408, 416, 425, 429].contains(status) || status >= 500
    }

    private static func summary(_ error: ModelStoreError) -> String {
        switch error {
        case .httpStatus(_, let status, _): "HTTP \(status)"
        case .connection(_, let reason, _): reason
        default: "\(error)"
        }
    }
}

/// A body held in memory, up to 64 MB.
private final class Body: ResponseReceiver {
    private let state = Mutex<[UInt8]>([])

    var bytes: [UInt8] { state.withLock { $0 } }
    var isTooLong: Bool { bytes.count > 64 << 20 }

    func reset() { state.withLock { $0.removeAll() } }

    func isComplete(_ response: HTTPResponse) -> Bool {
        bytes.count >= response.length ?? 0 || isTooLong
    }

    func begin(_ response: HTTPResponse) -> Bool { response.status == 200 }

    func receive(_ bytes: UnsafeRawBufferPointer) {
        state.withLock { if $0.count <= 64 << 20 { $0.append(contentsOf: bytes) } }
    }
}
