public import ArgumentParser
public import Documents
import Essentials
import JSONValues
import Retrieval

extension SplittingOptions.Method: ExpressibleByArgument {}

/// `swiftlet index`.
struct IndexCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index",
        abstract: "Make files and folders searchable.",
        discussion: """
            Reads text, Markdown, HTML, PDF, DOCX, PPTX, XLSX, ODT, EPUB, CSV, TSV, JSON, JSONL, notebooks, e-mail (eml, mbox) \
            and source code, pages of the web and rows of SQL queries (SQLite, PostgreSQL) into the collection NAME. A second run embeds only what has changed and removes what is gone; \
            without PATH it looks at what was indexed before. What cannot be read is named, and the rest indexed. Interrupted, \
            it goes on where it was. NAME may be the address of a collection on a server: of PostgreSQL with pgvector, of Qdrant \
            (qdrant://HOST/NAME) or Chroma (chroma://HOST/NAME).

              swiftlet index manuals ~/Documents/manuals notes.pdf
              swiftlet index manuals https://docs.example/start.html --crawl
              swiftlet index orders "sqlite:shop.db?query=SELECT id, customer, note FROM orders"
              swiftlet index postgres://me@host/database/manuals ~/Documents/manuals
              swiftlet ask manuals "How do I change the filter?"
            """)

    @Argument(help: "The collection, or its address on a server.") var name: String
    @Argument(
        help: "Files and folders, addresses of pages, sqlite:FILE?query=SQL, postgres://USER@HOST/DATABASE?query=SQL.")
    var paths: [String] = []
    @Flag(help: "Follow the links of pages, as far as the host's robots.txt allows.") var crawl = false
    @Option(help: "How many links lead to the farthest pages of a crawl.") var depth = 5
    @Option(help: "The most pages of a crawl.") var pages = 500
    @Option(name: .customLong("host"), help: "A further host whose pages a crawl takes in; may be given several times.")
    var hosts: [String] = []
    @Option(help: "The sentence encoder; otherwise that of the collection, or the store's default one.") var encoder:
        String?
    @Option(
        help:
            "How a new collection's documents are split: \(SplittingOptions.Method.allCases.map(\.rawValue).joined(separator: ", "))."
    )
    var split: SplittingOptions.Method?
    @Option(help: "The most tokens of a passage of a new collection; otherwise what the encoder reads, 512 at most.")
    var passageTokens: Int?
    @Option(help: "The tokens that a passage repeats of the one before; otherwise an eighth.") var overlap: Int?
    @OptionGroup var threadOptions: ThreadOptions
    @Flag(help: "Write a JSON object with what was done.") var json = false

    func run() async throws {
        if !crawl, !hosts.isEmpty { throw ValidationError("--host wants --crawl") }
        if depth < 0 || pages < 1 { throw ValidationError("--depth wants a number from 0, --pages one from 1") }
        let exists = try await DocumentModels.contains(name)
        guard exists || !paths.isEmpty else {
            throw RetrievalError.unknown(name, available: try DocumentModels.collections.names())
        }
        if exists, split != nil || passageTokens != nil || overlap != nil {
            throw CommandError(
                "\(name) is there already, and its documents stay split as they are; remove it to split anew")
        }
        let opened = exists ? try await DocumentModels.open(name, access: .writing) : nil
        let encoderName = try encoder ?? opened?.encoder ?? DocumentModels.defaultEncoder()
        let encoder = try DocumentModels.encoder(encoderName, threads: threadOptions.threads)
        let splitting = splitting(encoder)
        let collection =
            if let opened { opened } else {
                try await DocumentModels.create(name, encoder: encoder, splitting: splitting)
            }
        let progress = IndexProgress()
        let indexer = Indexer(collection: collection, encoder: encoder) { progress.show($0) }
        let start = ContinuousClock.now
        let options = crawl ? CrawlOptions(depth: depth, pages: pages, hosts: hosts) : CrawlOptions(depth: 0, pages: 1)
        let paths = paths.map { $0.hasPrefix("http://") || $0.hasPrefix("https://") ? options.applied(to: $0) : $0 }
        let report: IndexReport
        do {
            defer { progress.finish() }
            report = try await Interruption.catching { try await indexer.index(paths) }
        } catch is CancellationError {
            throw CommandError("interrupted; what was done is kept, and the same command goes on")
        }
        try await collection.close()
        // A collection of nothing would hold its name, and its encoder.
        if !exists, report.added == 0 { try await DocumentModels.remove(name) }
        try write(report, seconds: start.duration(to: .now) / .seconds(1))
        if !report.problems.isEmpty { throw ExitCode(1) }
    }

    private func splitting(_ encoder: PassageEncoder) -> SplittingOptions {
        let usual = encoder.usualSplitting
        return SplittingOptions(method: split ?? usual.method, size: passageTokens ?? usual.size, overlap: overlap)
    }

    private func write(_ report: IndexReport, seconds: Double) throws {
        if json {
            let object: JSON = [
                "added": .integer(report.added), "changed": .integer(report.changed),
                "unchanged": .integer(report.unchanged), "removed": .integer(report.removed),
                "passages_embedded": .integer(report.embedded), "passages_reused": .integer(report.reused),
                "problems": .array(
                    report.problems.map { ["path": .string($0.path), "reason": .string($0.reason)] }),
                "skipped": .integer(report.skipped.values.reduce(0, +)), "seconds": .number(seconds),
            ]
            return try Console.write(object.text() + "\n")
        }
        try Console.write(
            "\(report.added) added, \(report.changed) changed, \(report.unchanged) unchanged, \(report.removed) removed; "
                + "\(report.embedded) passages embedded in \(Quantities.decimals(seconds, 1)) s\n")
        if !report.skipped.isEmpty {
            let kinds = report.skipped.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(8)
            Console.note("left aside: " + kinds.map { "\($0.value) \($0.key)" }.joined(separator: ", "))
        }
        if !report.problems.isEmpty {
            Console.error("\(report.problems.count) of the files cannot be read; they are named above")
        }
    }
}
