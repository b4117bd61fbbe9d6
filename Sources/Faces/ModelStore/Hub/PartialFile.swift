import Files
import Synchronization
import WebClient

/// A file that grows as its bytes arrive, and their digest.
final class PartialFile: ResponseReceiver {
    private struct State {
        var writer: OutputFile
        var hash: SHA256
        var count: Int
        var response: HTTPResponse?
    }

    let path: String
    private let size: Int
    private let state: Mutex<State>
    private let onEvent: @Sendable (PullEvent) -> Void

    /// Opens a part and takes in what it holds already.
    init(path: String, size: Int, onEvent: @escaping @Sendable (PullEvent) -> Void) throws {
        self.path = path
        self.size = size
        self.onEvent = onEvent
        if let present = FileSystem.size(of: path), present > size {
            try FileSystem.remove(path)
            onEvent(.discarded(bytes: size))
        }
        var hash = SHA256()
        var count = 0
        if FileSystem.exists(path) {
            try FileSystem.read(path) {
                hash.update($0)
                count += $0.count
            }
        }
        state = Mutex(State(writer: try OutputFile(path: path, at: .end), hash: hash, count: count))
    }

    var count: Int { state.withLock { $0.count } }
    var isComplete: Bool { count == size }

    /// Forgets what has arrived.
    func restart() throws {
        try state.withLock { state in
            onEvent(.discarded(bytes: state.count))
            state = State(writer: try OutputFile(path: path, at: .empty), hash: SHA256(), count: 0)
        }
    }

    func begin(_ response: HTTPResponse) throws -> Bool {
        defer { state.withLock { $0.response = response } }
        switch response.status {
        case 200:
            // The server sends all of it, whatever part was asked for.
            if count > 0 { try restart() }
            return true
        case 206:
            let range = response["Content-Range"] ?? ""
            guard range.hasPrefix("bytes \(count)-") else {
                throw ModelStoreError.unexpectedAnswer(
                    url: response.url.absoluteString,
                    reason: "it continues at \"\(range)\" instead of byte \(count)")
            }
            return true
        default:
            return false
        }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) throws {
        try state.withLock { state in
            let isTooLong = bytes.count > size - state.count
            if let reason = state.count == 0
                ? impostor(bytes, state.response)
                : nil
                    ?? (isTooLong ? "more than the promised \(size) bytes arrive" : nil)
            {
                throw ModelStoreError.unexpectedAnswer(
                    url: state.response?.url.absoluteString ?? path, reason: reason)
            }
            try state.writer.write(bytes)
            state.hash.update(bytes)
            state.count += bytes.count
        }
        onEvent(.advanced(bytes: bytes.count))
    }

    /// What comes in the place of the file, told by how it begins; nil if it may be the file. No file of a model is a web page.
    private func impostor(_ bytes: UnsafeRawBufferPointer, _ response: HTTPResponse?) -> String? {
        if response?.isWebPage(bytes) == true { return HTTPResponse.webPage }
        guard bytes.starts(with: "version https://git-lfs".utf8), size > 1024 else { return nil }
        return "a Git LFS pointer came instead of the file; the server does not hold its large files"
    }

    /// Makes sure the file is on the disk; returns its digest.
    func finish() throws -> String {
        try state.withLock { state in
            try state.writer.synchronize()
            return state.hash.finish()
        }
    }
}
