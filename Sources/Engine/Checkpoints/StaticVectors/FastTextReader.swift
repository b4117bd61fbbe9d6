import Files

/// Reads fastText's models: dictionary, input matrix (dense or quantized), and past the output matrix to the end.
struct FastTextReader {
    private static let magic: Int32 = 793_712_314

    private let file: MappedFile
    private var position = 0

    init(_ file: MappedFile) { self.file = file }

    static func recognizes(_ file: MappedFile) -> Bool {
        file.count >= 4 && Int32(littleEndian: file.bytes.loadUnaligned(as: Int32.self)) == magic
    }

    /// The settings that a model was trained with, as far as they matter here.
    private struct Settings {
        var dimensions = 0
        var wordNgrams = 0
        var model = 0
        var buckets = 0
        var shortest = 0
        var longest = 0

        var isSupervised: Bool { model == 3 }
    }

    consuming func read() throws(CheckpointError) -> StaticVectors {
        _ = try integer(Int32.self, "magic number")
        let version = try integer(Int32.self, "version")
        guard version == 11 || version == 12 else {
            throw error("version \(version) is not read", "Train the model with fastText 0.2 or later")
        }
        let settings = try readSettings(version: version)
        let words = try readWords()
        let pruned = try readPruned(words.prunedCount)
        let isQuantized = try flag("quantization flag")
        guard isQuantized || pruned == nil else { throw error("a pruned dictionary needs a quantized matrix") }
        let input = try matrix("input matrix", isQuantized: isQuantized)
        let outputIsQuantized = try flag("output's quantization flag")
        _ = try matrix("output matrix", isQuantized: isQuantized && outputIsQuantized)
        guard position == file.count else { throw error("\(file.count - position) bytes follow the output matrix") }
        guard input.columns == settings.dimensions else {
            throw error("the input matrix has \(input.columns) columns, not the \(settings.dimensions) of the settings")
        }
        let ngrams = pruned.map { ($0.values.max().map(Int.init) ?? -1) + 1 } ?? settings.buckets
        guard input.rows >= words.table.count + ngrams else {
            throw error(
                "the input matrix has \(input.rows) rows, fewer than its \(words.table.count) words and \(ngrams) n-grams"
            )
        }
        return StaticVectors(
            path: file.path, format: isQuantized ? .fastTextQuantized : .fastText, dimensions: settings.dimensions,
            words: words.table, rows: input.rowSource,
            subwords: FastTextSubwords(
                words: words.table.count, shortest: settings.shortest, longest: settings.longest,
                buckets: settings.buckets, pruned: pruned, isSupervised: settings.isSupervised,
                wordNgrams: settings.wordNgrams))
    }

    private mutating func readSettings(version: Int32) throws(CheckpointError) -> Settings {
        var values: [Int] = []
        for name in [
            "dim", "ws", "epoch", "minCount", "neg", "wordNgrams", "loss", "model", "bucket", "minn", "maxn",
            "lrUpdateRate",
        ] { values.append(Int(try integer(Int32.self, name))) }
        _ = try integer(Int64.self, "t")
        var settings = Settings(
            dimensions: values[0], wordNgrams: values[5], model: values[7], buckets: values[8], shortest: values[9],
            longest: values[10])
        guard (1...WordVectorReader.largestDimensions).contains(settings.dimensions), settings.buckets >= 0,
            (0...1024).contains(settings.shortest), (0...1024).contains(settings.longest),
            (0...1024).contains(settings.wordNgrams), (1...3).contains(settings.model)
        else { throw error("its settings are impossible (dim \(values[0]), minn \(values[9]), maxn \(values[10]))") }
        // Supervised models of the old version have no parts of words.
        if version == 11, settings.isSupervised { settings.longest = 0 }
        // Without buckets there is nothing that an n-gram could be hashed to.
        if settings.buckets == 0 { (settings.longest, settings.wordNgrams) = (0, 0) }
        return settings
    }

    private mutating func readWords() throws(CheckpointError) -> (table: WordTable, prunedCount: Int) {
        let size = Int(try integer(Int32.self, "dictionary size"))
        let wordCount = Int(try integer(Int32.self, "word count"))
        let labels = Int(try integer(Int32.self, "label count"))
        _ = try integer(Int64.self, "token count")
        let pruned = Int(try integer(Int64.self, "pruned count"))
        // A word takes at least 10 bytes: the zero at its end, a count, a type.
        guard wordCount >= 0, labels >= 0, size == wordCount + labels, size <= (file.count - position) / 10 else {
            throw error("a dictionary of \(size) entries (\(wordCount) words, \(labels) labels) cannot be in the file")
        }
        var table = WordTable(file)
        for index in 0..<size {
            let start = position
            while position < file.count, file.bytes[position] != 0 { position += 1 }
            let range = start..<position
            position = min(position + 1, file.count)
            _ = try integer(Int64.self, "count of entry \(index)")
            let isLabel = try integer(Int8.self, "type of entry \(index)") != 0
            guard isLabel == (index >= wordCount) else {
                throw error("entry \(index) stands among those of another type")
            }
            if !isLabel, !table.append(range) { throw error("a word appears twice in the dictionary") }
        }
        return (table, pruned)
    }

    /// Which of the n-grams are left, and their rows; nil for all of them.
    private mutating func readPruned(_ count: Int) throws(CheckpointError) -> [Int32: Int32]? {
        guard count >= 0 else { return nil }
        guard count <= (file.count - position) / 8 else {
            throw error("\(count) pruned n-grams do not fit in the file")
        }
        var pruned: [Int32: Int32] = [:]
        for _ in 0..<count {
            let (from, to) = (try integer(Int32.self, "pruned n-gram"), try integer(Int32.self, "pruned row"))
            guard from >= 0, to >= 0 else { throw error("a pruned n-gram has a negative number") }
            pruned[from] = to
        }
        return pruned
    }

    // MARK: Matrices

    private typealias Matrix = (rows: Int, columns: Int, rowSource: VectorRows)

    private mutating func matrix(_ name: String, isQuantized: Bool) throws(CheckpointError) -> Matrix {
        let hasNorms = isQuantized ? try flag("norm flag of the \(name)") : false
        let rows = Int(try integer(Int64.self, "rows of the \(name)"))
        let columns = Int(try integer(Int64.self, "columns of the \(name)"))
        guard rows >= 0, (1...WordVectorReader.largestDimensions).contains(columns) else {
            throw error("the \(name) has the impossible shape [\(rows), \(columns)]")
        }
        guard isQuantized else {
            let offset = try skip(rows, times: columns * 4, name)
            return (rows, columns, .mapped(file, offset: offset, columns: columns))
        }
        let codeCount = Int(try integer(Int32.self, "codes of the \(name)"))
        guard codeCount >= 0 else { throw error("the \(name) has \(codeCount) codes") }
        let codes = try skip(codeCount, times: 1, name)
        let centroids = try quantizer(name, dimensions: columns)
        let (expected, overflow) = rows.multipliedReportingOverflow(by: centroids.parts)
        guard !overflow, expected == codeCount else {
            throw error("the \(name) has \(codeCount) codes for \(rows) rows of \(centroids.parts) parts")
        }
        var norms: (codes: Int, centroids: QuantizedRows.Centroids)?
        if hasNorms {
            let codes = try skip(rows, times: 1, name)
            norms = (codes, try quantizer(name, dimensions: 1))
        }
        return (rows, columns, .quantized(QuantizedRows(file: file, codes: codes, centroids: centroids, norms: norms)))
    }

    private mutating func quantizer(_ name: String, dimensions: Int) throws(CheckpointError) -> QuantizedRows.Centroids
    {
        var sizes: [Int] = []
        for part in ["dimensions", "parts", "part size", "last part's size"] {
            sizes.append(Int(try integer(Int32.self, "\(part) of the \(name)'s quantizer")))
        }
        guard sizes[0] == dimensions, sizes[1] >= 1, sizes[2] >= 1, (1...sizes[2]).contains(sizes[3]),
            (sizes[1] - 1).multipliedReportingOverflow(by: sizes[2]).partialValue + sizes[3] == dimensions,
            sizes[1] <= dimensions
        else { throw error("the \(name)'s quantizer has parts that do not make up \(dimensions) dimensions") }
        let offset = try skip(dimensions, times: 256 * 4, name)
        return QuantizedRows.Centroids(
            file: file, offset: offset, parts: sizes[1], partSize: sizes[2], lastPartSize: sizes[3])
    }

    // MARK: Bytes

    private mutating func integer<T: FixedWidthInteger>(_ type: T.Type, _ name: String) throws(CheckpointError) -> T {
        guard file.count - position >= MemoryLayout<T>.size else { throw error("the file ends before the \(name)") }
        defer { position += MemoryLayout<T>.size }
        return T(littleEndian: file.bytes.loadUnaligned(fromByteOffset: position, as: T.self))
    }

    private mutating func flag(_ name: String) throws(CheckpointError) -> Bool {
        let value = try integer(UInt8.self, name)
        guard value <= 1 else { throw error("the \(name) is \(value), neither 0 nor 1") }
        return value == 1
    }

    /// Goes past `count` times `size` bytes and returns where they begin.
    private mutating func skip(_ count: Int, times size: Int, _ name: String) throws(CheckpointError) -> Int {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
        guard !overflow, bytes <= file.count - position else {
            throw error("the \(name) needs \(count) times \(size) bytes, and \(file.count - position) are left")
        }
        defer { position += bytes }
        return position
    }

    private func error(_ reason: String, _ remedy: String? = nil) -> CheckpointError {
        CheckpointError(
            path: file.path, location: "offset \(position)", reason: reason,
            remedy: remedy ?? "The fastText model is truncated or damaged; download it again")
    }
}
