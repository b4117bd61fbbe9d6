import Essentials
import JSONValues

/// A document that a client sent.
struct UploadedDocument: Sendable {
    var name: String
    var content: [UInt8]

    /// The most documents of a request.
    private static let maximumCount = 256

    /// Reads the documents of a request; names are those of files, without folders.
    static func read(_ fields: RequestFields) throws -> [UploadedDocument] {
        guard let elements = try fields.array("documents"), (1...maximumCount).contains(elements.count) else {
            throw APIError.invalid("documents", "must hold 1 to \(maximumCount) documents")
        }
        return try elements.enumerated().map { number, element in
            let path = "documents[\(number)]"
            let members = RequestFields(element.objectValue ?? [:], path: path)
            guard let name = try members.string("name"), let safe = safeName(name) else {
                throw APIError.invalid(path + ".name", "must be the name of a file, such as notes.txt")
            }
            if let text = try members.string("text") { return UploadedDocument(name: safe, content: Array(text.utf8)) }
            guard let content = try members.string("content"), let data = Data(base64Encoded: content) else {
                throw APIError.invalid(path + ".content", "must be the file's bytes in base64")
            }
            return UploadedDocument(name: safe, content: Array(data))
        }
    }

    /// The last part of a path; nil if it cannot be the name of a file.
    static func safeName(_ name: String) -> String? {
        let last = name.split { $0 == "/" || $0 == "\\" }.last.map(String.init) ?? ""
        let isSafe = !last.hasPrefix(".") && last.utf8.count <= 200 && !last.unicodeScalars.contains { $0.value < 0x20 }
        return last.isEmpty || !isSafe ? nil : last
    }
}
