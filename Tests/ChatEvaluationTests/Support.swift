import Agents
import Foundation
import JSONValues
import Testing

@testable import ChatEvaluation

enum Fixtures {
    /// A file of a folder of its own.
    static func file(_ name: String, _ text: String) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "evaluation-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appending(path: name).path()
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }
}

extension Double {
    func isClose(to other: Double?, within tolerance: Double = 1e-9) -> Bool {
        other.map { abs(self - $0) <= tolerance } ?? false
    }
}

/// The server of `server.py`.
final class FormulaServer {
    private let process = Process()
    private let input = Pipe()
    let port: Int

    init() throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/server.py",
        ]
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    /// The model behind a way of behaving.
    func model(_ mode: String) throws -> HostedModel {
        var model = try HostedModel(.openAI, model: "m", url: "http://127.0.0.1:\(port)/\(mode)")
        model.attempts = 1
        return model
    }

    func stop() { try? input.fileHandleForWriting.close() }
}
