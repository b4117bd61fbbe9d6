import JSONValues

/// The messages of the Model Context Protocol: JSON-RPC 2.0.
enum MCP {
    /// The version that is spoken first.
    static let version = "2025-06-18"
    /// Versions that are understood.
    static let versions: Set<String> = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
    /// The most bytes of a message.
    static let maximumBytes = 16 << 20

    static func request(_ id: Int, _ method: String, _ parameters: JSON) -> JSON {
        ["jsonrpc": "2.0", "id": .integer(id), "method": .string(method), "params": parameters]
    }

    static func notification(_ method: String) -> JSON { ["jsonrpc": "2.0", "method": .string(method)] }

    static func result(_ id: JSON, _ result: JSON) -> JSON { ["jsonrpc": "2.0", "id": id, "result": result] }

    static func error(_ id: JSON, _ code: Int, _ message: String) -> JSON {
        ["jsonrpc": "2.0", "id": id, "error": ["code": .integer(code), "message": .string(message)]]
    }

    static let introduction: JSON = [
        "protocolVersion": .string(version), "capabilities": [:],
        "clientInfo": ["name": "swiftlet", "version": "0.1.0"],
    ]

    /// The text of a tool's result.
    static func text(_ result: JSON) -> String {
        (result["content"]?.arrayValue ?? []).map { part in
            switch part["type"]?.stringValue {
            case "text": part["text"]?.stringValue ?? ""
            case "resource": part["resource"]?["text"]?.stringValue ?? "(a resource)"
            case let kind: "(\(kind ?? "something") that is no text)"
            }
        }.joined(separator: "\n")
    }
}
