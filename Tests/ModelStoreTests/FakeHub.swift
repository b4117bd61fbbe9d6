import Foundation
import JSONValues
import ModelStore

/// A running `fake_hub.py` with its folder, and a store beside it.
final class FakeHub: Sendable {
    let folder: String
    let store: LocalStore
    let port: Int
    private let process = Process()
    private let input = Pipe()

    init() throws {
        let base = NSTemporaryDirectory() + "hub-\(UUID().uuidString)"
        folder = base + "/hub"
        store = LocalStore(folder: base + "/store")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("fake_hub.py")
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", script.path, folder]
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
        port = String(decoding: line, as: UTF8.self).split(separator: " ").first.flatMap { Int($0) } ?? 0
    }

    deinit {
        process.terminate()
        try? FileManager.default.removeItem(atPath: (folder as NSString).deletingLastPathComponent)
    }

    var settings: HubSettings {
        var settings = HubSettings(endpoint: "http://127.0.0.1:\(port)")
        settings.firstPause = 0.01
        settings.attempts = 3
        return settings
    }

    func puller(token: String? = nil, onEvent: @escaping @Sendable (PullEvent) -> Void = { _ in }) -> Puller {
        var settings = settings
        settings.token = token
        return Puller(store: store, hub: settings, onEvent: onEvent)
    }

    /// Puts a file into a repository.
    func add(_ path: String, _ content: Data) throws {
        let url = URL(fileURLWithPath: "\(folder)/\(path)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try content.write(to: url)
    }

    /// Schedules faults, one per request of a file.
    func setFaults(_ faults: [String: [String]]) throws {
        let json = JSON.object(
            JSON.Object(uniqueKeysWithValues: faults.map { ($0, .array($1.map(JSON.string))) }))
        try json.text().write(toFile: folder + "/faults.json", atomically: true, encoding: .utf8)
    }

    /// The requests so far.
    func log() throws -> [JSON] {
        let text = (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? ""
        return try text.split(separator: "\n").map { try JSON(parsing: String($0), source: "log") }
    }

    /// Content that looks like a GGUF file of so many bytes.
    static func gguf(_ count: Int, seed: Int = 1) -> Data {
        var state = UInt64(bitPattern: Int64(seed)) &* 0x9E37_79B9_7F4A_7C15
        var data = Data("GGUF".utf8)
        while data.count < count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            data.append(UInt8(truncatingIfNeeded: state >> 56))
        }
        return data
    }
}
