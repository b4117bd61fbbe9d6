import Foundation
import Synchronization

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// What becomes of a response's body.
protocol ResponseReceiver: Sendable {
    /// Looks at a response before its body; returns whether the body is wanted.
    func begin(_ response: HTTPURLResponse) throws -> Bool
    /// Takes the next bytes of the body.
    func receive(_ bytes: UnsafeRawBufferPointer) throws
}

/// Sends one request at a time, follows redirects and hands the body on as it arrives.
final class HTTPClient: NSObject, URLSessionDataDelegate, Sendable {
    private struct Exchange {
        var receiver: any ResponseReceiver
        var continuation: CheckedContinuation<HTTPURLResponse, any Error>
        var response: HTTPURLResponse?
        var failure: (any Error)?
    }

    private let token: String?
    private let idleTimeout: Double
    private let exchanges = Mutex<[Int: Exchange]>([:])

    init(settings: HubSettings) {
        token = settings.token
        idleTimeout = settings.idleTimeout
    }

    /// Sends a GET request and returns when its body has been received or refused.
    ///
    /// - Throws: What the receiver throws, `URLError`, or `CancellationError`.
    func get(_ url: URL, range: Int? = nil, receiver: any ResponseReceiver) async throws -> HTTPURLResponse {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = idleTimeout
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        let queue = OperationQueue()
        queue.maxConcurrentOperationCount = 1
        let session = URLSession(configuration: configuration, delegate: self, delegateQueue: queue)
        defer { session.finishTasksAndInvalidate() }
        let task = session.dataTask(with: request(url, range: range, authorized: true))
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                exchanges.withLock {
                    $0[task.hash] = Exchange(receiver: receiver, continuation: continuation)
                }
                task.resume()
            }
        } onCancel: {
            task.cancel()
        }
    }

    private func request(_ url: URL, range: Int?, authorized: Bool) -> URLRequest {
        var request = URLRequest(url: url)
        request.timeoutInterval = idleTimeout
        request.setValue("swiftlet", forHTTPHeaderField: "User-Agent")
        // A compressed body would make lengths and ranges mean something else.
        request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
        if let range, range > 0 { request.setValue("bytes=\(range)-", forHTTPHeaderField: "Range") }
        if authorized, let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        return request
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
    ) {
        guard let target = newRequest.url, let origin = task.originalRequest?.url,
            target.scheme == "https" || origin.scheme != "https"
        else { return completionHandler(nil) }
        // Files lie on other hosts, which must not learn the token.
        let isSameHost = target.scheme == origin.scheme && target.host == origin.host && target.port == origin.port
        var redirected = request(target, range: nil, authorized: isSameHost)
        redirected.setValue(task.originalRequest?.value(forHTTPHeaderField: "Range"), forHTTPHeaderField: "Range")
        completionHandler(redirected)
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
    ) {
        guard let response = response as? HTTPURLResponse else { return completionHandler(.cancel) }
        let isWanted = exchanges.withLock { exchanges -> Bool in
            exchanges[dataTask.hash]?.response = response
            do {
                return try exchanges[dataTask.hash]?.receiver.begin(response) ?? false
            } catch {
                exchanges[dataTask.hash]?.failure = error
                return false
            }
        }
        completionHandler(isWanted ? .allow : .cancel)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let receiver = exchanges.withLock { exchanges in
            exchanges[dataTask.hash].flatMap { $0.failure == nil ? $0.receiver : nil }
        }
        guard let receiver else { return }
        do {
            try data.withUnsafeBytes { try receiver.receive($0) }
        } catch {
            exchanges.withLock { $0[dataTask.hash]?.failure = error }
            dataTask.cancel()
        }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        guard let exchange = exchanges.withLock({ $0.removeValue(forKey: task.hash) }) else { return }
        if let failure = exchange.failure {
            exchange.continuation.resume(throwing: failure)
        } else if let error = error as? URLError, error.code != .cancelled || exchange.response == nil {
            exchange.continuation.resume(throwing: error.code == .cancelled ? CancellationError() : error)
        } else if let response = exchange.response {
            exchange.continuation.resume(returning: response)
        } else {
            exchange.continuation.resume(throwing: error ?? URLError(.badServerResponse))
        }
    }
}
