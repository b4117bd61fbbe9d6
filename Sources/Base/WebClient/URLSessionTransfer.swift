#if canImport(Darwin)
    import Foundation
    import Synchronization

    extension HTTPRequest {
        /// Sends it once, without following redirections, and hands the body to `receiver` as it arrives.
        func transfer(to receiver: any ResponseReceiver) async throws -> HTTPResponse {
            let lines = try lines()
            let configuration = URLSessionConfiguration.ephemeral
            configuration.timeoutIntervalForRequest = idleTimeout
            if let totalTimeout { configuration.timeoutIntervalForResource = totalTimeout }
            configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
            let queue = OperationQueue()
            queue.maxConcurrentOperationCount = 1
            let transfer = URLSessionTransfer(receiver: receiver)
            let session = URLSession(configuration: configuration, delegate: transfer, delegateQueue: queue)
            defer { session.finishTasksAndInvalidate() }
            var request = URLRequest(url: url)
            request.timeoutInterval = idleTimeout
            request.httpMethod = method
            request.httpBody = body.map { Data($0) }
            for line in lines {
                guard let colon = line.firstIndex(of: ":") else { continue }
                request.setValue(
                    String(line[line.index(colon, offsetBy: 2)...]), forHTTPHeaderField: String(line[..<colon]))
            }
            let task = session.dataTask(with: request)
            return try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    transfer.begin(continuation)
                    task.resume()
                }
            } onCancel: {
                task.cancel()
            }
        }
    }

    /// One request on its way.
    private final class URLSessionTransfer: NSObject, URLSessionDataDelegate, Sendable {
        private struct State {
            var continuation: CheckedContinuation<HTTPResponse, any Error>?
            var response: HTTPResponse?
            var failure: (any Error)?
        }

        private let receiver: any ResponseReceiver
        private let state = Mutex(State())

        init(receiver: any ResponseReceiver) { self.receiver = receiver }

        func begin(_ continuation: CheckedContinuation<HTTPResponse, any Error>) {
            state.withLock { $0.continuation = continuation }
        }

        func urlSession(
            _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
            newRequest: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
        ) {
            completionHandler(nil)
        }

        func urlSession(
            _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
            completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
        ) {
            guard let head = response as? HTTPURLResponse, let url = head.url else { return completionHandler(.cancel) }
            var response = HTTPResponse(url: url, status: head.statusCode)
            for (name, value) in head.allHeaderFields { response.fields["\(name)".lowercased()] = "\(value)" }
            let isWanted = state.withLock { state -> Bool in
                state.response = response
                do { return try receiver.begin(response) } catch {
                    state.failure = error
                    return false
                }
            }
            completionHandler(isWanted ? .allow : .cancel)
        }

        func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
            guard state.withLock({ $0.failure == nil }) else { return }
            do {
                try data.withUnsafeBytes { try receiver.receive($0) }
            } catch {
                state.withLock { $0.failure = error }
                dataTask.cancel()
            }
        }

        func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
            state.withLock { state in
                let code = (error as? URLError)?.code
                if let failure = state.failure {
                    state.continuation?.resume(throwing: failure)
                } else if let error, code != .cancelled || state.response == nil {
                    state.continuation?.resume(throwing: code == .cancelled ? CancellationError() : Self.failure(error))
                } else if let response = state.response {
                    state.continuation?.resume(returning: response)
                } else {
                    state.continuation?.resume(
                        throwing: HTTPFailure(reason: "the answer is not HTTP", mayPass: true))
                }
                state.continuation = nil
            }
        }

        private static func failure(_ error: any Error) -> HTTPFailure {
            let code = (error as? URLError)?.code ?? .unknown
            let lasting: [URLError.Code] = [
                .badURL, .unsupportedURL, .secureConnectionFailed, .serverCertificateUntrusted,
                .serverCertificateHasBadDate,
            ]
            let reason =
                switch code {
                case .cannotFindHost, .dnsLookupFailed: "the host's name cannot be resolved"
                case .cannotConnectToHost: "the host does not accept it"
                case .timedOut: "nothing arrived in time"
                case .networkConnectionLost: "it was cut before the end"
                default: error.localizedDescription
                }
            return HTTPFailure(
                reason: reason, mayPass: !lasting.contains(code),
                isUnsent: [.cannotFindHost, .dnsLookupFailed, .cannotConnectToHost].contains(code))
        }
    }
#endif
