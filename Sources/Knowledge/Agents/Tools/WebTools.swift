import Documents
import Essentials
import Files
import JSONValues
import WebClient

/// Tools that read the web, from the hosts of a policy alone.
public struct WebTools: Sendable {
    private let policy: HostPolicy

    /// Makes tools for the hosts of a policy.
    public init(_ policy: HostPolicy) { self.policy = policy }

    /// The text of a page or document.
    public func text(of address: String) async throws -> String {
        let (response, body) = try await get(address)
        guard response.isSuccess else {
            throw ToolError.failed(tool: "web_page", reason: "\(address) answers \(response.status)")
        }
        let kinds = [
            "text/html": "html", "application/xhtml+xml": "html", "application/pdf": "pdf", "text/markdown": "md",
            "application/epub+zip": "epub", "text/csv": "csv",
        ]
        let kind = response.mediaType.flatMap { kinds[$0] } ?? (response.isWebPage(body) ? "html" : "txt")
        if kind == "txt" { return String(decoding: body, as: UTF8.self) }
        let folder = FileManager.default.temporaryDirectory.path + "/swiftlet-page-\(UUID().uuidString)"
        try FileSystem.createFolder(folder)
        defer { try? FileSystem.remove(folder) }
        try AtomicFile.write(body, to: "\(folder)/page.\(kind)")
        return try await DocumentLoader().load("\(folder)/page.\(kind)").parts.map(\.text).joined(separator: "\n")
    }

    private func get(_ address: String) async throws -> (response: HTTPResponse, body: [UInt8]) {
        guard let url = URL(string: address) else {
            throw ToolError.arguments(tool: "web_page", reason: "\(address) is no address")
        }
        return try await policy.send(HTTPRequest(url), tool: "web_page")
    }

    /// The tool that reads a page.
    public var page: AgentTool {
        AgentTool(
            "web_page", "Reads the text of a web page or document.",
            parameters: [
                "type": "object", "properties": ["url": ["type": "string"]], "required": ["url"],
                "additionalProperties": false,
            ]
        ) { arguments in
            guard let url = arguments["url"]?.stringValue ?? arguments["input"]?.stringValue else {
                throw ToolError.arguments(tool: "web_page", reason: "url is missing")
            }
            return try await text(of: url)
        }
    }

    /// The tool that searches, through an endpoint of the user's: an address with `{query}` in it, which answers JSON or text.
    public func search(endpoint: String, name: String = "web_search") -> AgentTool {
        AgentTool(
            name, "Searches the web.",
            parameters: [
                "type": "object", "properties": ["query": ["type": "string"]], "required": ["query"],
                "additionalProperties": false,
            ]
        ) { arguments in
            guard let query = arguments["query"]?.stringValue ?? arguments["input"]?.stringValue else {
                throw ToolError.arguments(tool: name, reason: "query is missing")
            }
            let address = endpoint.replacing("{query}", with: Self.escaped(query))
            let (response, body) = try await get(address)
            guard response.isSuccess else {
                throw ToolError.failed(tool: name, reason: "the endpoint answers \(response.status)")
            }
            guard let value = try? JSON(parsing: body, source: endpoint) else {
                return String(decoding: body, as: UTF8.self)
            }
            return Self.results(value)
        }
    }

    /// Title, address and excerpt of each result, wherever an answer keeps them.
    static func results(_ value: JSON) -> String {
        let lists = [
            value["results"], value["organic"], value["organic_results"], value["items"], value["web"]?["results"],
            value["data"],
        ]
        guard let list = lists.lazy.compactMap({ $0?.arrayValue }).first else { return value.text() }
        return list.prefix(10).map { entry in
            let title = entry["title"]?.stringValue ?? ""
            let url = entry["url"]?.stringValue ?? entry["link"]?.stringValue ?? ""
            let excerpt = ["content", "snippet", "description", "text"].lazy.compactMap { entry[$0]?.stringValue }.first
            return [title, url, excerpt ?? ""].filter { !$0.isEmpty }.joined(separator: "\n")
        }.joined(separator: "\n\n")
    }

    /// A text within an address.
    public static func escaped(_ text: String) -> String {
        text.utf8.reduce(into: "") { escaped, byte in
            let character = Character(Unicode.Scalar(byte))
            if byte < 0x80, character.isLetter || character.isNumber || "-._~".contains(character) {
                escaped.append(character)
            } else {
                escaped += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
    }

    /// One request: what is sent, and the answer's text with its status.
    public func request(
        _ method: String, _ address: String, headers: [String: String] = [:], body: String? = nil,
        tool: String = "http"
    ) async throws -> (status: Int, text: String) {
        guard let url = URL(string: address) else {
            throw ToolError.arguments(tool: tool, reason: "\(address) is no address")
        }
        var request = HTTPRequest(url, method: method, body: body.map { Array($0.utf8) })
        request.credentials = headers.map { HTTPRequest.Field($0.key, $0.value) }
        if body != nil, !headers.keys.contains(where: { $0.lowercased() == "content-type" }) {
            request.fields.append(HTTPRequest.Field("Content-Type", "application/json"))
        }
        let (response, bytes) = try await policy.send(request, tool: tool)
        return (response.status, String(decoding: bytes, as: UTF8.self))
    }
}
