#if !canImport(Darwin)
    import Dispatch
    import Essentials
    import Synchronization

    extension HTTPRequest {
        /// Sends it once, without following redirections, and hands the body to `receiver` as it arrives.
        func transfer(to receiver: any ResponseReceiver) async throws -> HTTPResponse {
            let lines = try lines()
            guard let library = CurlLibrary.shared else {
                throw HTTPFailure(
                    reason: "the library libcurl is missing; install it: apt-get install libcurl4", mayPass: false)
            }
            let isCancelled = Canceller()
            return try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    DispatchQueue.global().async {
                        let transfer = CurlTransfer(self, lines, receiver: receiver, canceller: isCancelled)
                        continuation.resume(with: Result { try transfer.run(library) })
                    }
                }
            } onCancel: {
                isCancelled.flag.store(true, ordering: .relaxed)
            }
        }
    }

    extension HTTPRequest {
        /// Where the host is to be found, as libcurl wants it told.
        fileprivate var place: String? {
            guard !addresses.isEmpty, let host = url.host, !host.contains(":") else { return nil }
            let port = url.port ?? (url.scheme == "https" ? 443 : 80)
            return "\(host):\(port):"
                + addresses.map { $0.contains(":") ? "[\($0)]" : $0 }.joined(separator: ",")
        }
    }

    private final class Canceller: Sendable {
        let flag = Atomic(false)
    }

    /// One request on its way, used by one thread.
    private final class CurlTransfer {
        private let request: HTTPRequest
        private let lines: [String]
        private let receiver: any ResponseReceiver
        private let canceller: Canceller
        private var response: HTTPResponse
        private var isRefused = false
        private var failure: (any Error)?
        private var lastBytes = ContinuousClock.now
        private var isIdle = false

        init(_ request: HTTPRequest, _ lines: [String], receiver: any ResponseReceiver, canceller: Canceller) {
            self.request = request
            self.lines = lines
            self.receiver = receiver
            self.canceller = canceller
            response = HTTPResponse(url: request.url, status: 0)
        }

        /// Numbers of options, from curl.h.
        private enum Option {
            static let url: Int32 = 10002, fields: Int32 = 10023, noSignals: Int32 = 99, protocols: Int32 = 181
            static let receiver: Int32 = 20011, receiverContext: Int32 = 10001
            static let headReceiver: Int32 = 20079, headContext: Int32 = 10029, withoutProxyHead: Int32 = 265
            static let method: Int32 = 10036, withoutBody: Int32 = 44, timeout: Int32 = 155
            static let places: Int32 = 10203
            static let body: Int32 = 10015, bodyLength: Int32 = 60
            static let progress: Int32 = 20219, progressContext: Int32 = 10057, noProgress: Int32 = 43
        }

        func run(_ library: CurlLibrary) throws -> HTTPResponse {
            guard let handle = library.makeHandle() else {
                throw HTTPFailure(reason: "libcurl does not start", mayPass: false)
            }
            defer { library.closeHandle(handle) }
            // Without these libcurl waits for leave to send a body, and gives it a type of its own.
            let unwanted =
                ["Expect:"]
                + (request.fields.contains { $0.name.lowercased() == "content-type" } ? [] : ["Content-Type:"])
            let lines = (lines + unwanted).reduce(nil) { library.appendLine($0, $1) ?? $0 }
            defer { library.freeLines(lines) }
            let places = request.place.flatMap { library.appendLine(nil, $0) }
            defer { library.freeLines(places) }
            if places != nil { _ = library.setPointer(handle, Option.places, places) }
            let code = (request.body ?? []).withUnsafeBytes { body in
                if request.body != nil {
                    _ = library.setNumber(handle, Option.bodyLength, body.count)
                    // An empty body has an address, too: without one libcurl would read it from standard input.
                    _ = "".withCString {
                        library.setPointer(handle, Option.body, body.baseAddress ?? UnsafeRawPointer($0))
                    }
                }
                return request.url.absoluteString.withCString { address in
                    request.method.withCString { method in
                        _ = library.setPointer(handle, Option.url, address)
                        if request.method == "HEAD" { _ = library.setNumber(handle, Option.withoutBody, 1) }
                        if request.method != "GET" { _ = library.setPointer(handle, Option.method, method) }
                        return perform(handle, lines, library)
                    }
                }
            }
            return try withExtendedLifetime(self) { try result(code, library) }
        }

        /// Sets what does not depend on the request's method, and sends it.
        private func perform(
            _ handle: CurlLibrary.Handle, _ lines: UnsafeMutableRawPointer?, _ library: CurlLibrary
        ) -> Int32 {
            let httpAndHTTPS = 3
            let context = Unmanaged.passUnretained(self).toOpaque()
            _ = library.setPointer(handle, Option.fields, lines)
            for (option, number) in [
                (Option.noSignals, 1), (Option.protocols, httpAndHTTPS), (Option.withoutProxyHead, 1),
                (Option.noProgress, 0),
            ] { _ = library.setNumber(handle, option, number) }
            if let seconds = request.totalTimeout {
                _ = library.setNumber(handle, Option.timeout, Int(min(max(seconds * 1000, 1), 1e9)))
            }
            for option in [Option.receiverContext, Option.headContext, Option.progressContext] {
                _ = library.setPointer(handle, option, context)
            }
            _ = library.setReceiver(handle, Option.headReceiver) { bytes, size, count, context in
                CurlTransfer.of(context)?.receiveHead(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
            }
            _ = library.setReceiver(handle, Option.receiver) { bytes, size, count, context in
                CurlTransfer.of(context)?.receive(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
            }
            _ = library.setProgress(handle, Option.progress) { context, _, _, _, _ in
                CurlTransfer.of(context)?.mayGoOn == true ? 0 : 1
            }
            return library.perform(handle)
        }

        private static func of(_ context: UnsafeMutableRawPointer?) -> CurlTransfer? {
            context.map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
        }

        private func result(_ code: Int32, _ library: CurlLibrary) throws -> HTTPResponse {
            if let failure { throw failure }
            if code == 0 || isRefused { return response }
            if canceller.flag.load(ordering: .relaxed) { throw CancellationError() }
            // URLs, protocols and certificates that are wrong will stay so.
            let mayPass = ![1, 3, 35, 51, 53, 54, 58, 59, 60, 77, 83, 90, 91].contains(code)
            let reason =
                switch code {
                case 5, 6: "the host's name cannot be resolved"
                case 7: "the host does not accept it"
                case 28 where request.totalTimeout != nil: "it took too long"
                case 28: "nothing arrived in time"
                case 18, 52, 55, 56: "it was cut before the end"
                case _ where isIdle: "nothing arrived in time"
                default: library.explain(code).map { String(cString: $0) } ?? "error \(code) of libcurl"
                }
            throw HTTPFailure(reason: reason, mayPass: mayPass, isUnsent: [5, 6, 7].contains(code))
        }

        /// Takes a line of the head; returns its length, or another number to give up.
        private func receiveHead(_ line: UnsafeRawBufferPointer) -> Int {
            lastBytes = .now
            let text = String(decoding: line, as: UTF8.self)
            let words = text.split(whereSeparator: \.isWhitespace)
            if text.hasPrefix("HTTP/") {
                response.status = words.count > 1 ? Int(words[1]) ?? 0 : 0
                response.fields = [:]
            } else if let colon = text.firstIndex(of: ":") {
                let value = text[text.index(after: colon)...].split(whereSeparator: \.isWhitespace)
                response.fields[text[..<colon].lowercased()] = value.joined(separator: " ")
            } else if words.isEmpty, response.status >= 200 {
                attempt { isRefused = try !receiver.begin(response) }
                if isRefused || failure != nil { return 0 }
            }
            return line.count
        }

        /// Takes bytes of the body; returns their number, or another to give up.
        private func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
            lastBytes = .now
            attempt { try receiver.receive(bytes) }
            // A receiver may have waited.
            lastBytes = .now
            return failure == nil ? bytes.count : 0
        }

        private func attempt(_ body: () throws -> Void) {
            do { try body() } catch { failure = error }
        }

        private var mayGoOn: Bool {
            isIdle = lastBytes.duration(to: .now) > .seconds(request.idleTimeout)
            return !isIdle && !canceller.flag.load(ordering: .relaxed)
        }
    }
#endif
