import Essentials
package import JSONValues

/// The documents of a task: objects with a value for each column.
package enum TaskDocuments {
    /// The documents of a split.
    ///
    /// `dataset_path` is `json` or `csv` with `dataset_kwargs: {data_files: ...}`, or a file or folder; paths are looked for beside the
    /// task's file, in its folder's parents' place only if absolute, and in the folder where the command runs.
    static func read(_ split: String, of task: EvaluationTask) throws(EvaluationError) -> [JSON] {
        let files = try files(split, of: task)
        var documents: [JSON] = []
        for file in files { documents += try read(file) }
        guard !documents.isEmpty else {
            throw EvaluationError(.empty, at: "\(task.path), split \(split)", "has no documents")
        }
        return documents
    }

    private static func files(_ split: String, of task: EvaluationTask) throws(EvaluationError) -> [String] {
        let place = "\(task.path), dataset_path"
        guard let source = task.config["dataset_path"]?.stringValue else {
            throw EvaluationError(.task, at: place, "is missing", remedy: "use json with dataset_kwargs, data_files")
        }
        if source == "json" || source == "csv" {
            guard let listed = task.config["dataset_kwargs"]?["data_files"] else {
                throw EvaluationError(.task, at: "\(task.path), dataset_kwargs", "names no data_files")
            }
            guard let entry = listed.objectValue == nil ? (split == "train" ? listed : nil) : listed[split] else {
                throw EvaluationError(.task, at: "\(task.path), data_files", "has no split \(split)")
            }
            let names = entry.arrayValue?.compactMap(\.stringValue) ?? entry.stringValue.map { [$0] } ?? []
            let folder = task.config["dataset_kwargs"]?["data_dir"]?.stringValue
            return try names.map { (name) throws(EvaluationError) in
                try existing(folder.map { "\($0)/\(name)" } ?? name, of: task, at: place)
            }
        }
        let path = try existing(source, of: task, at: place)
        var isFolder = false
        isFolder = (try? FileManager.default.contentsOfDirectory(atPath: path)) != nil
        guard isFolder else { return [path] }
        for ending in ["jsonl", "json", "csv"]
        where FileManager.default.fileExists(atPath: "\(path)/\(split).\(ending)") {
            return ["\(path)/\(split).\(ending)"]
        }
        throw EvaluationError(.data, at: path, "has no \(split).jsonl, \(split).json or \(split).csv")
    }

    private static func existing(
        _ name: String, of task: EvaluationTask, at place: String
    ) throws(EvaluationError) -> String {
        for path in name.hasPrefix("/") ? [name] : [YAMLFile.folder(of: task.path) + "/" + name, name]
        where FileManager.default.fileExists(atPath: path) {
            return path
        }
        throw EvaluationError(
            .data, at: place, "\(name) is not here", remedy: "data are local files; nothing is downloaded")
    }

    static func read(_ path: String) throws(EvaluationError) -> [JSON] { try located(path).map(\.value) }

    /// The objects of JSON lines, a JSON list, or CSV, each with its place for errors: the file and the line.
    package static func located(_ path: String) throws(EvaluationError) -> [(place: String, value: JSON)] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw EvaluationError(.data, at: path, "cannot be read")
        }
        let bytes = Array(data)
        if path.hasSuffix(".csv") {
            return try CSV.documents(bytes, path: path).enumerated().map { ("\(path), row \($0 + 2)", $1) }
        }
        do {
            if bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "[") {
                let list = try JSON(parsing: bytes, source: path).arrayValue ?? []
                return list.enumerated().map { ("\(path), element \($0 + 1)", $1) }
            }
            var documents: [(String, JSON)] = []
            for (number, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                .enumerated()
            where line.contains(where: { $0 > 0x20 }) {
                let place = "\(path), line \(number + 1)"
                let document = try JSON(parsing: Array(line), source: place)
                guard document.objectValue != nil else {
                    throw EvaluationError(.data, at: place, "is \(document.kind), not an object")
                }
                documents.append((place, document))
            }
            return documents
        } catch let error as EvaluationError {
            throw error
        } catch {
            throw EvaluationError(.data, at: path, "\(error)")
        }
    }
}

/// Comma-separated values with a line of column names (RFC 4180).
enum CSV {
    static func documents(_ bytes: [UInt8], path: String) throws(EvaluationError) -> [JSON] {
        let rows = rows(bytes)
        guard let header = rows.first else { return [] }
        var documents: [JSON] = []
        for (number, row) in rows.dropFirst().enumerated() {
            guard row.count == header.count else {
                throw EvaluationError(
                    .data, at: "\(path), row \(number + 2)", "has \(row.count) values for \(header.count) columns")
            }
            documents.append(.object(JSON.Object(zip(header, row.map(value)), uniquingKeysWith: { $1 })))
        }
        return documents
    }

    private static func value(_ text: String) -> JSON {
        if text.isEmpty { return .null }
        return Int(text).map { .integer($0) } ?? Double(text).map { .number($0) } ?? .string(text)
    }

    private static func rows(_ bytes: [UInt8]) -> [[String]] {
        var (rows, row, field, isQuoted) = ([[String]](), [String](), [UInt8](), false)
        func ended(_ field: [UInt8]) -> String { String(decoding: field, as: UTF8.self) }
        var index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if isQuoted {
                if byte != UInt8(ascii: "\"") {
                    field.append(byte)
                } else if index < bytes.count, bytes[index] == byte {
                    field.append(byte)
                    index += 1
                } else {
                    isQuoted = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\"") where field.isEmpty: isQuoted = true
            case UInt8(ascii: ","): (row, field) = (row + [ended(field)], [])
            case UInt8(ascii: "\r"): break
            case UInt8(ascii: "\n"):
                if !row.isEmpty || !field.isEmpty { rows.append(row + [ended(field)]) }
                (row, field) = ([], [])
            default: field.append(byte)
            }
        }
        if !row.isEmpty || !field.isEmpty { rows.append(row + [ended(field)]) }
        return rows
    }
}
