import Essentials
import Inference
import JSONValues
import Tokenization

/// How fast a tokenizer turns a text into tokens, on one thread.
struct TokenizerBench {
    private let tokenizer: Tokenizer
    private let text: [UInt8]
    private let documents: [Range<Int>]
    private let runs: Int

    /// - Parameters:
    ///   - model: A model, or a folder with the files of a tokenizer alone.
    ///   - documentBytes: Where the text is cut: at the first line's end after so many bytes; nil to encode it whole.
    init(model: String, textAt path: String, documentBytes: Int?, runs: Int) throws {
        tokenizer = try Tokenizer(modelOrFolderAt: model)
        do { text = Array(try Data(contentsOf: URL(filePath: path))) } catch {
            throw CommandError("\(path) cannot be read; name a text file")
        }
        guard !text.isEmpty else { throw CommandError("\(path) is empty; name a file with some text") }
        documents = documentBytes.map { [text] in Self.documents(of: text, least: $0) } ?? [0..<text.count]
        self.runs = runs
    }

    /// Encodes everything once to warm up, then `runs` times; writes bytes and tokens per second.
    func write(asJSON: Bool) throws(OutputError) {
        let (ids, first) = measure()
        let speed = Spread((0..<runs).map { _ in measure().speed })
        let tokensPerByte = Double(ids.count) / Double(text.count)
        if asJSON {
            let result: JSON = [
                "bytes": .integer(text.count), "documents": .integer(documents.count), "tokens": .integer(ids.count),
                "ids_fnv1a": .string(String(Self.checksum(ids), radix: 16)), "runs": .integer(runs),
                "bytes_per_second": .number(speed.median),
                "tokens_per_second": .number(speed.median * tokensPerByte),
                "bytes_per_second_runs": .array(speed.values.map(JSON.number)),
                "first_bytes_per_second": .number(first),
            ]
            return try Console.write(result.text() + "\n")
        }
        var table = Table(["", "MEDIAN", "MIN", "MAX"], rightAligned: [1, 2, 3])
        let speeds = [speed.median, speed.minimum, speed.maximum]
        table.add(["MB/s"] + speeds.map { Quantities.decimals($0 / 1e6, 1) })
        table.add(["tokens/s"] + speeds.map { Quantities.decimals($0 * tokensPerByte, 0) })
        try Console.write(
            "\(text.count) bytes in \(documents.count) documents, \(ids.count) tokens, \(runs) runs\n" + table.text)
    }

    /// The tokens, and how many bytes were encoded in a second.
    private func measure() -> (ids: [Int32], speed: Double) {
        let clock = ContinuousClock()
        let start = clock.now
        let ids = encode()
        return (ids, Double(text.count) / ((clock.now - start) / .seconds(1)))
    }

    private func encode() -> [Int32] {
        text.withUnsafeBufferPointer { text in
            var ids: [Int32] = []
            for document in documents {
                let bytes = UnsafeBufferPointer(rebasing: text[document])
                ids += tokenizer.encode(bytes: bytes, addSpecialTokens: false)
            }
            return ids
        }
    }

    /// The text cut after the first line that ends at or behind `least` bytes, and so on.
    static func documents(of text: [UInt8], least: Int) -> [Range<Int>] {
        var documents: [Range<Int>] = []
        var start = 0
        for (index, byte) in text.enumerated() where byte == UInt8(ascii: "\n") && index + 1 - start >= least {
            documents.append(start..<index + 1)
            start = index + 1
        }
        if start < text.count { documents.append(start..<text.count) }
        return documents
    }

    /// Tells whether another program found the same tokens (Fowler, Noll and Vo's hash, 1a, of the ids as 64-bit units).
    static func checksum(_ ids: [Int32]) -> UInt64 {
        ids.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64(UInt32(bitPattern: $1))) &* 0x100_0000_01B3 }
    }
}

extension Tokenizer {
    /// The tokenizer of a model, or of a folder that has nothing but a tokenizer.
    init(modelOrFolderAt model: String) throws {
        let isFolder = FileManager.default.fileExists(atPath: model + "/.")
        if isFolder, !FileManager.default.fileExists(atPath: model + "/config.json") {
            self = try Tokenizer(folder: model)
        } else {
            self = try Tokenizer(modelAt: ModelOptions.path(of: model))
        }
    }
}
