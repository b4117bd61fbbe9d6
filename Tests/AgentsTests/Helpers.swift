import Foundation
import GRDB

@testable import Agents

/// A database to ask.
enum SQLFixture {
    static func make(_ path: String) throws {
        try DatabaseQueue(path: path).write {
            try $0.execute(
                sql: """
                    CREATE TABLE orders(city TEXT, price REAL);
                    INSERT INTO orders VALUES ('Graz', 10), ('Graz', 20), ('Wien', 5.5);
                    """)
        }
    }
}

/// The servers of `servers.py`.
final class TestServer {
    static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/servers.py"
    private let process = Process()
    private let input = Pipe()
    let port: Int

    init() throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", Self.script, "http"]
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw ToolError.failed(tool: "servers.py", reason: line)
        }
        self.port = port
    }

    func stop() { try? input.fileHandleForWriting.close() }
}
