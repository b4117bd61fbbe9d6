import Essentials
import Files

/// The lines entered before, kept in a file: one JSON string a line, so that entries may have several lines.
struct History {
    /// The most entries that are kept.
    static let limit = 1000

    private(set) var entries: [String] = []
    private let path: String?

    /// Reads a history; lines that cannot be read are skipped. Without a path nothing is kept.
    init(path: String?) {
        self.path = path
        guard let path, let text = try? String(contentsOfFile: path, encoding: .utf8) else { return }
        let decoder = JSONDecoder()
        entries = text.split(separator: "\n").suffix(Self.limit).compactMap {
            try? decoder.decode(String.self, from: Data($0.utf8))
        }
    }

    /// Adds an entry unless it is blank or repeats the last, and saves; a history that cannot be saved is no error.
    mutating func add(_ entry: String) {
        guard !entry.allSatisfy(\.isWhitespace), entry != entries.last else { return }
        entries.append(entry)
        entries.removeFirst(max(0, entries.count - Self.limit))
        guard let path else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let lines = entries.compactMap { try? encoder.encode($0) }.map { String(decoding: $0, as: UTF8.self) }
        try? FileSystem.createFolder(FileSystem.parent(of: path))
        try? AtomicFile.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: path, isDurable: false)
    }

    /// The newest entry before `index` that contains a text.
    func lastIndex(of text: String, before index: Int) -> Int? {
        entries.prefix(index).lastIndex { $0.contains(text) }
    }
}
