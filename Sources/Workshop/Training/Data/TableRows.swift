/// The rows of a table of separated values (RFC 4180).
struct TableRows {
    private let bytes: UnsafeRawBufferPointer
    private let separator: UInt8
    private let path: String
    private var position: Int
    private var nextLine = 1
    /// The line that the last row began on.
    private(set) var line = 1

    init(_ bytes: UnsafeRawBufferPointer, separator: UInt8, path: String) {
        (self.bytes, self.separator, self.path) = (bytes, separator, path)
        position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The next row that is not empty; nil after the last one.
    mutating func next() throws(TrainingError) -> [String]? {
        while position < bytes.count {
            line = nextLine
            let row = try row()
            if row != [""] { return row }
        }
        return nil
    }

    private mutating func row() throws(TrainingError) -> [String] {
        var (row, field, isQuoted): ([String], [UInt8], Bool) = ([], [], false)
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\n") { nextLine += 1 }
            if isQuoted {
                if byte != UInt8(ascii: "\"") {
                    field.append(byte)
                } else if position < bytes.count, bytes[position] == byte {
                    field.append(byte)
                    position += 1
                } else {
                    isQuoted = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\"") where field.isEmpty: isQuoted = true
            case separator:
                row.append(try text(field))
                field = []
            case UInt8(ascii: "\r"): break
            case UInt8(ascii: "\n"): return row + [try text(field)]
            default: field.append(byte)
            }
        }
        if isQuoted {
            throw TrainingError(
                .data, at: "\(path), line \(line)", "has a quotation mark that is never closed",
                remedy: "double those inside a value")
        }
        return row + [try text(field)]
    }

    private func text(_ field: [UInt8]) throws(TrainingError) -> String {
        guard let text = String(validating: field, as: UTF8.self) else {
            throw TrainingError(.data, at: "\(path), line \(line)", "is not UTF-8 text", remedy: "convert the file")
        }
        return text
    }
}
