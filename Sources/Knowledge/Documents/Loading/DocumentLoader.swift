import Files
import JSONValues

/// Reads files of many kinds as text, each part with its place in the file.
///
/// ```swift
/// import Swiftlet
///
/// let document = try await DocumentLoader().load("manual.pdf")
/// for part in document.parts { print(part.place ?? "", part.text.count) }
/// ```
///
/// Nothing in a file is executed or fetched. What is too large is an error, not cut.
public struct DocumentLoader: Sendable {
    /// The largest file that is read, in bytes.
    public var maximumSize = 256 << 20
    /// The most bytes that are unpacked from a file of packed ones (DOCX, EPUB and the like).
    public var maximumUnpackedSize = 256 << 20
    /// The longest time that a PDF may take, in seconds.
    public var maximumPDFSeconds = 120.0

    public init() {}

    /// Reads a file.
    ///
    /// - Throws: `DocumentError` or `FileError`, naming the file and what is wrong.
    public func load(_ path: String) async throws -> Document {
        guard let size = FileSystem.size(of: path) else { throw DocumentError(path, "there is no such file") }
        guard size <= maximumSize else {
            throw DocumentError(
                path, "it has \(size) bytes, and files of up to \(maximumSize) are read", remedy: "Split it")
        }
        do {
            let kind = DocumentKind(path: path)
            if kind == .pdf {
                return try await PDFPages.read(path, seconds: maximumPDFSeconds, limit: maximumUnpackedSize)
            }
            let document = try read(try FileSystem.contents(of: path, limit: maximumSize), kind)
            guard document.parts.contains(where: { $0.text.contains { !$0.isWhitespace } }) else {
                throw Malformed("it holds no text")
            }
            return document
        } catch let error as Malformed {
            throw DocumentError(path, error.reason, remedy: error.remedy)
        } catch let error as JSONError {
            throw DocumentError(path, "it is no JSON: \(error)")
        }
    }

    /// Reads the bytes of a file of a kind; an unknown one is taken for text.
    func read(_ bytes: [UInt8], _ kind: DocumentKind?) throws -> Document {
        switch kind {
        case .word, .presentation, .spreadsheet, .openDocument, .book: return try packed(bytes, kind)
        case .message: return Document(parts: [], notes: []).appending(Mail(bytes), place: nil)
        case .mailbox: return Mailbox.read(bytes)
        default: break
        }
        guard let text = TextDecoding.text(bytes) else {
            throw Malformed("it is no text, but something binary", remedy: "Give it the ending of what it is")
        }
        switch kind {
        case .html: return Document(parts: [DocumentPart(HTMLText.text(text), structure: .headed)])
        case .markdown: return Document(parts: [DocumentPart(text, structure: .headed, lines: .own)])
        case .code: return Document(parts: [DocumentPart(text, structure: .code, lines: .own)])
        case .commaTable: return Document(parts: [DelimitedTable.read(text, separator: nil)])
        case .tabTable: return Document(parts: [DelimitedTable.read(text, separator: "\t")])
        case .json: return try JSONRecords.read(text)
        case .jsonLines: return JSONRecords.readLines(text)
        case .notebook: return try Notebook.read(text)
        default: return Document(parts: [DocumentPart(text, lines: .own)])
        }
    }

    private func packed(_ bytes: [UInt8], _ kind: DocumentKind?) throws -> Document {
        let archive = try ZipArchive(bytes, maximumUnpackedSize: maximumUnpackedSize)
        switch kind {
        case .word: return try WordDocument.read(archive)
        case .presentation: return try Presentation.read(archive)
        case .spreadsheet: return try Spreadsheet.read(archive)
        case .openDocument: return try OpenDocument.read(archive)
        default: return try Book.read(archive)
        }
    }
}
