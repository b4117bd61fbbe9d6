import Essentials

/// Writes a Swift file with the texts of others: `FileEmbedder OUTPUT FOLDER PATH...`, paths relative to the folder.
@main struct FileEmbedder {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let output = arguments.first, let folder = arguments.dropFirst().first else {
            throw Failure(description: "usage: FileEmbedder OUTPUT FOLDER PATH...")
        }
        var source = "enum EmbeddedFiles {\n    static let all: [(path: String, text: String)] = [\n"
        for path in arguments.dropFirst(2) {
            guard let data = FileManager.default.contents(atPath: "\(folder)/\(path)") else {
                throw Failure(description: "\(folder)/\(path) cannot be read")
            }
            guard let text = String(validating: data, as: UTF8.self) else {
                throw Failure(description: "\(folder)/\(path) is not a text in UTF-8")
            }
            source += "        (path: \(literal(path)), text: \(literal(text))),\n"
        }
        source += "    ]\n}\n"
        try source.write(toFile: output, atomically: true, encoding: .utf8)
    }

    /// A string literal with as many number signs as the text needs so that nothing in it has a meaning.
    private static func literal(_ text: String) -> String {
        var signs = "#"
        while text.contains("\"\"\"\(signs)") || text.contains("\\\(signs)") { signs += "#" }
        // A carriage return cannot stand in a literal.
        let lines = text.replacing("\r", with: "\\\(signs)r")
        return "\(signs)\"\"\"\n\(lines)\n\"\"\"\(signs)"
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }
}
