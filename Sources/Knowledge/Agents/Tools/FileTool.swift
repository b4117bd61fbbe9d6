import Documents
import Files
import JSONValues
import Platform

/// Files below one folder, which links cannot leave.
public struct FileRoot: Sendable {
    private let root: String

    /// Makes the files below a folder readable.
    public init(path: String) throws {
        guard let real = FileSystem.realPath(path), FileSystem.isFolder(real) else {
            throw ToolError.failed(tool: "files", reason: "\(path) is no folder")
        }
        root = real
    }

    /// The text of a file, whatever kind of document it is.
    ///
    /// - Throws: `ToolError.refused` for what stands outside once links are followed.
    public func text(of path: String) async throws -> String {
        let real = try resolve(path)
        guard FileSystem.isFile(real) else { throw ToolError.failed(tool: "files", reason: "\(path) is no file") }
        return try await DocumentLoader().load(real).parts.map(\.text).joined(separator: "\n")
    }

    /// The names in a folder; folders end in a slash.
    public func names(in path: String) throws -> [String] {
        let real = try resolve(path)
        return try FileSystem.names(in: real).sorted().map { FileSystem.isFolder("\(real)/\($0)") ? "\($0)/" : $0 }
    }

    /// The path after all links, if it is within the folder.
    func resolve(_ path: String) throws -> String {
        guard !path.utf8.contains(0), let real = FileSystem.realPath(path.hasPrefix("/") ? path : "\(root)/\(path)")
        else {
            throw ToolError.failed(tool: "files", reason: "there is no \(path)")
        }
        guard real == root || real.hasPrefix(root == "/" ? "/" : root + "/") else {
            throw ToolError.refused(tool: "files", reason: "\(path) is outside of the folder")
        }
        return real
    }

    /// The tools: one that lists, one that reads.
    public var tools: [AgentTool] {
        func schema(_ hint: String) -> JSON {
            [
                "type": "object", "properties": ["path": ["type": "string", "description": .string(hint)]],
                "required": ["path"], "additionalProperties": false,
            ]
        }
        return [
            AgentTool("list_files", "Lists a folder's files.", parameters: schema("A folder; . for the whole")) {
                try names(in: $0["path"]?.stringValue ?? ".").joined(separator: "\n")
            },
            AgentTool("read_file", "Reads a file's text.", parameters: schema("A file")) {
                guard let path = $0["path"]?.stringValue else {
                    throw ToolError.arguments(tool: "read_file", reason: "path is missing")
                }
                return try await text(of: path)
            },
        ]
    }
}
