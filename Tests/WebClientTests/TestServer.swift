import Foundation
import JSONValues
import WebClient

/// A running `server.py`.
final class TestServer: Sendable {
    let ports: [Int]
    private let process = Process()
    private let input = Pipe()

    init() throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("server.py")
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", script.path]
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = input
        try process.run()
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while byte != UInt8(ascii: "\n") {
            let count = read(output.fileHandleForReading.fileDescriptor, &byte, 1)
            if count == 1 { line.append(byte) } else if errno != EINTR { break }
        }
        ports = String(decoding: line, as: UTF8.self).split { $0.isWhitespace }.compactMap { Int($0) }
    }

    deinit { process.terminate() }

    func url(_ path: String) throws -> URL {
        guard let url = URL(string: "http://127.0.0.1:\(ports.first ?? 0)\(path)") else { throw URLError(.badURL) }
        return url
    }

    /// A client that does not wait long.
    var client: HTTPClient {
        var policy = RetryPolicy()
        (policy.attempts, policy.firstPause) = (3, 0.01)
        return HTTPClient(retries: policy)
    }

    /// The requests so far.
    func log() async throws -> [JSON] {
        try await client.json(HTTPRequest(url("/log"))).arrayValue ?? []
    }
}
