import Files
import Foundation
import Inference
import Retrieval
import Synchronization

/// Vectors of word counts: texts with the same words are near.
final class WordCountEmbedder: TextEmbedder {
    let name: String
    let dimensions: Int
    let maximumTokens: Int? = 64
    let similarity = Similarity.cosine
    /// The texts that were embedded.
    let embedded = Mutex<[String]>([])

    init(name: String = "words", dimensions: Int = 256) { (self.name, self.dimensions) = (name, dimensions) }

    func embed(_ inputs: [EmbeddingInput], options: EmbeddingOptions) throws -> [Embedding] {
        inputs.map { input in
            guard case .text(let text) = input else { return Embedding(vector: [], tokens: 0) }
            embedded.withLock { $0.append(text) }
            var vector = [Float](repeating: 0, count: dimensions)
            if text.contains("NOTANUMBER") { vector[0] = .nan }
            for word in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
                let hash = word.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
                vector[Int(hash) % dimensions] += 1
            }
            return Embedding(vector: vector, tokens: 1)
        }
    }
}

/// A model that says what it is told to, and keeps what it was asked.
final class ScriptedModel: AnswerModel {
    let contextLength: Int
    let asked = Mutex<[String]>([])
    private let answers: Mutex<[String]>

    init(_ answers: [String], contextLength: Int = 4096) {
        self.answers = Mutex(answers)
        self.contextLength = contextLength
    }

    /// Tokens are characters; those of scores are words.
    static let words = ["Yes", " no", "perhaps"]
    func text(of token: Int32) -> String { Self.words[Int(token)] }

    func prompt(instructions: String, message: String) throws -> [Int32] { message.utf8.map { Int32($0) } }

    func answer(_ request: GenerationRequest) throws -> AsyncThrowingStream<GenerationEvent, any Error> {
        asked.withLock { $0.append(String(decoding: request.prompt.map { UInt8($0) }, as: UTF8.self)) }
        let answer = answers.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? "" }
        if request.logProbabilities != nil { return judgement(of: request) }
        return AsyncThrowingStream { continuation in
            for character in answer {
                continuation.yield(.token(GeneratedToken(id: 0, text: String(character), score: nil)))
            }
            continuation.yield(
                .finished(
                    Completion(
                        finishReason: .stop, trailingText: "", promptTokens: request.prompt.count, cachedTokens: 0,
                        completionTokens: answer.count, promptSeconds: 0, completionSeconds: 0)))
            continuation.finish()
        }
    }
}

extension ScriptedModel {
    /// Yes where a passage speaks of dogs.
    private func judgement(of request: GenerationRequest) -> AsyncThrowingStream<GenerationEvent, any Error> {
        let isYes = request.prompt.map { String(UnicodeScalar(UInt8($0))) }.joined().contains("> Dogs")
        let scores = (isYes ? [0.8, 0.1, 0.1] : [0.1, 0.4, 0.5]).enumerated().map { id, share in
            TokenScore.Alternative(id: Int32(id), logProbability: Float(log(share)))
        }
        return AsyncThrowingStream { continuation in
            let score = TokenScore(id: 0, logProbability: 0, alternatives: scores)
            continuation.yield(.token(GeneratedToken(id: 0, text: "?", score: score)))
            continuation.finish()
        }
    }
}

/// A folder of documents and a store, removed at the end.
final class Workplace: Sendable {
    let root = "/tmp/swiftlet-retrieval-\(UInt64.random(in: 0 ... .max))"
    var documents: String { root + "/documents" }
    var folder: CollectionFolder { CollectionFolder(path: root + "/collections") }

    init() throws { try FileSystem.createFolder(documents) }
    deinit { try? FileSystem.remove(root) }

    func write(_ text: String, to name: String) throws {
        try AtomicFile.write(Array(text.utf8), to: "\(documents)/\(name)")
    }
}
