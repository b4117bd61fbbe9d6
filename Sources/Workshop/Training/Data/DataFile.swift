import Files
import JSONValues
import Unpacking

/// A file of training data, whose records are handed out one after the other.
///
/// JSON Lines, arrays of JSON, tables with a line of column names, and plain text, each also packed with gzip. A file is
/// mapped, not held, unless it is packed.
struct DataFile {
    /// A record and the line that it begins on.
    struct Record {
        var fields: JSON.Object
        /// Where it stands, for errors: the file and its line.
        var place: String
    }

    /// Gets a record, or why it is none; says whether to go on.
    typealias Visit = (Result<Record, TrainingError>) throws(TrainingError) -> Bool

    enum Kind {
        case lines, array, table(UInt8), text
    }

    /// The most bytes that a packed file may unpack to.
    private static let unpackedLimit = 16 << 30
    static let endings = ["jsonl", "ndjson", "json", "csv", "tsv", "txt", "md", "text"]

    let path: String
    private let file: MappedFile
    private let kind: Kind

    init(path: String) throws(TrainingError) {
        self.path = path
        do throws(FileError) { file = try Self.open(path) } catch {
            throw TrainingError(.data, at: path, "cannot be read: \(error.reason)", remedy: error.remedy ?? "")
        }
        switch Self.ending(of: path) {
        case "csv": kind = .table(UInt8(ascii: ","))
        case "tsv": kind = .table(UInt8(ascii: "\t"))
        case "txt", "md", "text": kind = .text
        case "parquet", "arrow", "zst":
            throw TrainingError(
                .data, at: path, "is of a kind that is not read",
                remedy: "convert it to JSON Lines, packed with gzip if need be")
        default: kind = file.bytes.first { $0 > 0x20 } == UInt8(ascii: "[") ? .array : .lines
        }
    }

    /// What a name ends with, `.gz` left out.
    static func ending(of path: String) -> String {
        let parts = FileSystem.name(of: path).lowercased().split(separator: ".")
        return parts.last { $0 != "gz" }.map(String.init) ?? ""
    }

    private static func open(_ path: String) throws(FileError) -> MappedFile {
        let mapped = try MappedFile(path: path)
        guard mapped.bytes.starts(with: [0x1F, 0x8B]) else { return mapped }
        do {
            return MappedFile(contents: try Inflation.unpack(mapped.bytes, .gzip, limit: unpackedLimit), path: path)
        } catch .tooLarge {
            throw FileError(
                "unpack", path, reason: "it holds more than \(unpackedLimit >> 30) GiB", remedy: "Give it in parts")
        } catch {
            throw FileError("unpack", path, reason: "it is damaged", remedy: "Get it again")
        }
    }

    /// Hands out all records in order.
    func forEach(_ body: Visit) throws(TrainingError) {
        switch kind {
        case .lines: try forEachLine(body)
        case .array: try forEachElement(body)
        case .table(let separator): try forEachRow(separator, body)
        case .text: try forEachText(body)
        }
    }

    /// A record of the JSON in `range`, which begins on `line`.
    private func record(_ range: Range<Int>, line: Int) -> Result<Record, TrainingError> {
        Result { () throws(TrainingError) in try parse(range, line: line) }
    }

    private func parse(_ range: Range<Int>, line: Int) throws(TrainingError) -> Record {
        let place = "\(path), line \(line)"
        let json: JSON
        do { json = try JSON(parsing: Array(file.bytes[range]), source: path, acceptsNonFinite: true) } catch {
            throw TrainingError(
                .data, at: "\(path), line \(line + error.line - 1), column \(error.column)",
                "is not valid JSON: \(error.reason)",
                remedy: "mend the record, or leave it out")
        }
        guard case .object(let fields) = json else {
            throw TrainingError(
                .data, at: place, "is \(json.kind), not an object", remedy: "write {\"field\": ...} for each record")
        }
        return Record(fields: fields, place: place)
    }

    private func forEachLine(_ body: Visit) throws(TrainingError) {
        var (start, line) = (file.bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0, 1)
        while start < file.count {
            let end = file.bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? file.count
            let isBlank = !file.bytes[start..<end].contains { $0 > 0x20 }
            if !isBlank, try !body(record(start..<end, line: line)) { return }
            (start, line) = (end + 1, line + 1)
        }
    }

    private func forEachElement(_ body: Visit) throws(TrainingError) {
        let bytes = file.bytes
        var (line, lineOfStart, start, depth, isInText) = (1, 1, 0, 0, false)
        var position = (bytes.firstIndex(of: UInt8(ascii: "[")) ?? 0) + 1
        for byte in bytes[..<position] where byte == UInt8(ascii: "\n") { line += 1 }
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\n"): line += 1
            case UInt8(ascii: "\\") where isInText: position += 1
            case UInt8(ascii: "\""): isInText.toggle()
            case _ where isInText: break
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                if depth == 0 { (start, lineOfStart) = (position, line) }
                depth += 1
            case UInt8(ascii: "]") where depth == 0: return
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0, try !body(record(start..<position + 1, line: lineOfStart)) { return }
            case UInt8(ascii: ","), 0x20, 0x09, 0x0D: break
            default:
                if depth == 0 {
                    throw TrainingError(.data, at: "\(path), line \(line)", "is an element that is no object")
                }
            }
            position += 1
        }
        throw TrainingError(
            .data, at: "\(path), line \(line)", "ends within the array of records",
            remedy: "the file was cut off: get it again")
    }

    private func forEachRow(
        _ separator: UInt8, _ body: Visit
    ) throws(TrainingError) {
        var rows = TableRows(file.bytes, separator: separator, path: path)
        guard let header = try rows.next() else { return }
        while let row = try rows.next() {
            let place = "\(path), line \(rows.line)"
            guard row.count == header.count else {
                let error = TrainingError(
                    .data, at: place, "has \(row.count) values for \(header.count) columns",
                    remedy: "put values with separators or line breaks in quotation marks")
                if try body(.failure(error)) { continue } else { return }
            }
            let fields = JSON.Object(zip(header, row.map { .string($0) }), uniquingKeysWith: { $1 })
            if try !body(.success(Record(fields: fields, place: place))) { return }
        }
    }

    /// The whole file is one text, unless lines of `<|endoftext|>` part it into several.
    private func forEachText(_ body: Visit) throws(TrainingError) {
        let mark = Array("<|endoftext|>".utf8)
        let bytes = file.bytes
        var (start, line, textStart, textLine) = (0, 1, 0, 1)
        func hand(_ range: Range<Int>, _ line: Int) throws(TrainingError) -> Bool {
            guard bytes[range].contains(where: { $0 > 0x20 }) else { return true }
            guard let text = String(validating: bytes[range], as: UTF8.self) else {
                return try body(
                    .failure(
                        TrainingError(
                            .data, at: "\(path), from line \(line)", "is not UTF-8 text", remedy: "convert it")))
            }
            let first = text.firstIndex { !$0.isNewline } ?? text.startIndex
            let last = text.lastIndex { !$0.isNewline } ?? text.startIndex
            let fields: JSON.Object = ["text": .string(String(text[first...last]))]
            return try body(.success(Record(fields: fields, place: "\(path), line \(line)")))
        }
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            if end - start >= mark.count, end - start <= mark.count + 1, bytes[start..<end].starts(with: mark) {
                if try !hand(textStart..<start, textLine) { return }
                (textStart, textLine) = (min(end + 1, bytes.count), line + 1)
            }
            (start, line) = (end + 1, line + 1)
        }
        _ = try hand(textStart..<bytes.count, textLine)
    }
}
