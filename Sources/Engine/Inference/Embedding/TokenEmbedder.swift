import Checkpoints
import JSONValues
import OrderedCollections
import Tensors
import Tokenization

/// A model with one vector for each token and no network: model2vec, or a StaticEmbedding of sentence-transformers.
///
/// `@unchecked Sendable` is safe because nothing changes once it is made; the matrix lies in a mapped file.
public final class TokenEmbedder: TextEmbedder, @unchecked Sendable {
    private let matrix: MatrixSource
    /// For models whose tokens share vectors: the row of each token.
    private let rows: [Int]?
    /// For such models also the factor of each token.
    private let factors: [Float]?
    private let tokenizer: Tokenizer
    private let normalizesVectors: Bool
    /// The token that is left out of texts.
    private let unknown: Int32?
    /// The most characters of a text that are looked at, where the reference cuts texts before it makes tokens.
    private let maximumCharacters: Int?

    /// The last component of the path.
    public let name: String
    /// The most tokens of a text.
    public let maximumTokens: Int?
    /// The length of the vectors.
    public var dimensions: Int { matrix.columns }
    public var similarity: Similarity { .cosine }

    /// Whether a folder holds such a model.
    static func recognizes(_ path: String) throws -> Bool {
        let folder = ModuleFolder(path)
        if try folder.json("config.json")?["model_type"] == "model2vec" { return true }
        let type = try folder.json("modules.json")?[0]?["type"]?.stringValue
        return type?.hasSuffix(".StaticEmbedding") ?? false
    }

    /// Loads a folder with `tokenizer.json` and safetensors.
    ///
    /// - Throws: `CheckpointError`, `TokenizerError` or `EmbeddingError`, naming file and key.
    public static func load(_ path: String) throws -> TokenEmbedder { try TokenEmbedder(path) }

    private init(_ path: String) throws {
        let root = ModuleFolder(path)
        let modules = try root.json("modules.json")?.arrayValue
        let place = modules?.first?["path"]?.stringValue ?? ""
        let folder = try root.folder(place)
        let tensors = try folder.tensors()
        func fail(_ key: String, _ reason: String) -> EmbeddingError {
            .model(path: folder.path, key: key, reason: reason)
        }
        // The tensor's name tells which library's rules hold.
        let isModel2Vec = tensors["embeddings"] != nil
        guard let stored = tensors["embeddings"] ?? tensors["embedding.weight"] else {
            throw fail("tensor embeddings", "is missing")
        }
        let matrix = try Self.matrix(stored, path: folder.path)
        self.matrix = matrix
        tokenizer = try Tokenizer(folder: folder.path)
        let size = tokenizer.vocabularySize
        let rows = try tensors["mapping"]?.numbers().map { Int(exactly: $0) ?? -1 }
        let factors = try tensors["weights"]?.numbers().map(Float.init)
        (self.rows, self.factors) = (rows, factors)
        if let rows {
            guard rows.count >= size, rows.allSatisfy({ (0..<matrix.rows).contains($0) }) else {
                throw fail("tensor mapping", "does not lead each of \(size) tokens to one of \(matrix.rows) vectors")
            }
        } else if matrix.rows < size {
            throw fail("tensor \(stored.name)", "has \(matrix.rows) vectors for \(size) tokens")
        }
        if let factors, factors.count < size {
            throw fail("tensor weights", "has \(factors.count) values for \(size) tokens")
        }
        let settings = try folder.json("config.json")
        if isModel2Vec {
            normalizesVectors = settings?["normalize"]?.boolValue ?? false
            let limit = settings?["max_length"]
            let maximum = limit.map { $0.isNull ? nil : $0.intValue } ?? 512
            if let maximum, !(1...1 << 30).contains(maximum) { throw fail("max_length", "is \(maximum)") }
            maximumTokens = maximum
            unknown = try Self.unknownToken(folder, tokenizer)
            let tokenizer = tokenizer
            maximumCharacters = maximum.map { $0 * Self.medianLength(tokenizer) }
        } else {
            let types = modules?.dropFirst().compactMap { $0["type"]?.stringValue?.split(separator: ".").last } ?? []
            if let other = types.first(where: { $0 != "Normalize" }) {
                throw fail("modules.json", "a module \(other) is not supported here")
            }
            normalizesVectors = !types.isEmpty
            (maximumTokens, unknown, maximumCharacters) = (nil, nil, nil)
        }
        name = root.path.split(separator: "/").last.map(String.init) ?? root.path
    }

    /// The number of tokens of a text.
    public func tokenCount(of text: String) -> Int { tokenizer.encode(text, addSpecialTokens: false).count }

    /// The mean of the tokens' vectors.
    public func embed(_ inputs: [EmbeddingInput], options: EmbeddingOptions) throws -> [Embedding] {
        try check(options)
        let prompt = try promptText(options.prompt, usual: nil)
        return try inputs.enumerated().map { index, input in
            var tokens: [Int32]
            switch input {
            case .text(let text): tokens = encode(prompt + text)
            case .tokens(let ids):
                tokens = (prompt.isEmpty ? [] : encode(prompt)) + ids
                if let id = ids.first(where: { !(0..<Int32(clamping: tokenizer.vocabularySize)).contains($0) }) {
                    throw EmbeddingError.tokenOutOfRange(id: id, vocabularySize: tokenizer.vocabularySize)
                }
            }
            let limit = maximumTokens ?? .max
            let omitted = max(tokens.count - limit, 0)
            if omitted > 0, !options.truncates {
                throw EmbeddingError.tooLong(text: index, tokens: tokens.count, limit: limit)
            }
            tokens = tokens.prefix(limit).filter { $0 != unknown }
            var embedding = Embedding(vector: mean(tokens), tokens: tokens.count)
            embedding.omittedTokens = omitted
            if normalizesVectors, options.normalizes != false { Similarity.normalize(&embedding.vector) }
            embedding.finish(options, isUnit: normalizesVectors)
            return embedding
        }
    }

    private func encode(_ text: String) -> [Int32] {
        var text = text
        if let maximumCharacters {
            // What is cut here would mostly not have come within the limit of tokens.
            let scalars = text.unicodeScalars
            if let end = scalars.index(scalars.startIndex, offsetBy: maximumCharacters, limitedBy: scalars.endIndex) {
                text = String(scalars[..<end])
            }
        }
        return tokenizer.encode(text, addSpecialTokens: false)
    }

    private func mean(_ tokens: [Int32]) -> [Float] {
        var sum = [Double](repeating: 0, count: dimensions)
        var row = [Float](repeating: 0, count: dimensions)
        for token in tokens {
            let index = Int(token)
            row.withUnsafeMutableBufferPointer { row in
                if let base = row.baseAddress { matrix.decodeRow(rows?[index] ?? index, into: base) }
            }
            let factor = Double(factors?[index] ?? 1)
            for column in sum.indices { sum[column] += factor * Double(row[column]) }
        }
        return sum.map { Float($0 / Double(max(tokens.count, 1))) }
    }

    private static func matrix(_ stored: StoredTensor, path: String) throws -> MatrixSource {
        guard stored.shape.count == 2, stored.shape[0] > 0, stored.shape[1] > 0 else {
            throw EmbeddingError.model(path: path, key: "tensor \(stored.name)", reason: "is no matrix")
        }
        if stored.dataType.isWeightType { return try stored.matrix() }
        let values = try stored.numbers().map(Float.init)
        let copy = MatrixSource(dataType: .f32, rows: stored.shape[0], columns: stored.shape[1]) { target in
            values.withUnsafeBytes { target.copyMemory(from: $0) }
        }
        guard let copy else {
            throw EmbeddingError.model(path: path, key: "tensor \(stored.name)", reason: "is too large")
        }
        return copy
    }

    /// The token of what the vocabulary cannot write, which says nothing about a text.
    private static func unknownToken(_ folder: ModuleFolder, _ tokenizer: Tokenizer) throws -> Int32? {
        let model = try folder.json("tokenizer.json")?["model"]
        if let piece = model?["unk_token"]?.stringValue { return tokenizer.id(ofPiece: piece) }
        return model?["unk_id"]?.intValue.flatMap { Int32(exactly: $0) }
    }

    /// The median length of the vocabulary's entries in characters, rounded down.
    private static func medianLength(_ tokenizer: Tokenizer) -> Int {
        let lengths = (0..<tokenizer.vocabularySize).compactMap { id in
            Int32(exactly: id).flatMap(tokenizer.piece(of:))?.unicodeScalars.count
        }.sorted()
        guard !lengths.isEmpty else { return 1 }
        return (lengths[(lengths.count - 1) / 2] + lengths[lengths.count / 2]) / 2
    }
}
