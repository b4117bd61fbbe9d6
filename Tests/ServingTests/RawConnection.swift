import Foundation

/// A connection whose bytes a test writes itself.
final class RawConnection: Sendable {
    private let descriptor: Int32

    init(port: Int) throws {
        #if canImport(Glibc)
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = in_addr_t(UInt32(0x7F00_0001).bigEndian)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw POSIXError(.ECONNREFUSED) }
        var timeout = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    func write(_ text: String) {
        _ = Array(text.utf8).withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, 0) }
    }

    /// A request with a JSON body.
    func post(_ path: String, _ body: String, version: String = "1.1", headers: String = "") {
        write(
            "POST \(path) HTTP/\(version)\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
    }

    /// Ends this side; the other may go on.
    func endOutput() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// A response in one piece: its head, and as much as that announces.
    func readResponse() async -> (head: String, body: String) {
        let head = await read(upTo: "\r\n\r\n")
        let line = head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }
        let count = line.flatMap { Int($0.dropFirst("content-length: ".count)) } ?? 0
        return (head, await read(atMost: count))
    }

    /// What comes up to a text, or to the end of the connection.
    func read(upTo end: String? = nil, atMost limit: Int = .max) async -> String {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [descriptor] in
                var text = ""
                var buffer = [UInt8](repeating: 0, count: 4096)
                while text.utf8.count < limit, end.map({ !text.hasSuffix($0) }) ?? true {
                    let count = recv(descriptor, &buffer, 1, 0)
                    guard count > 0 else { break }
                    text += String(decoding: buffer[..<count], as: UTF8.self)
                }
                continuation.resume(returning: text)
            }
        }
    }
}
