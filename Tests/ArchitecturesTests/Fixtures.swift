import Foundation
import JSONValues
import Tensors
import Testing

/// The folders that `scripts/make_architecture_fixtures.py` makes.
enum Fixtures {
    static func url(_ path: String) -> URL { Bundle.module.bundleURL.appending(path: "Fixtures/\(path)") }

    /// The names in a subfolder. Of one that is missing or empty a name that no test can load: no cases would be no failure.
    static func names(in folder: String) -> [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: url(folder).path)
        let visible = (names ?? []).filter { !$0.hasPrefix(".") }.sorted()
        return visible.isEmpty ? ["nothing in \(folder)"] : visible
    }

    static func json(_ path: String) throws -> JSON {
        try JSON(parsing: Array(Data(contentsOf: url(path))), source: path)
    }
}

/// What the reference implementation says of a prompt.
struct ExpectedText {
    let prompt: [Int32]
    /// Of each prompt token after the first.
    let logProbabilities: [Float]
    /// What greedy decoding adds.
    let greedy: [Int32]

    init(_ json: JSON) throws {
        func numbers(_ key: String) throws -> [JSON] { try #require(json[key]?.arrayValue) }
        prompt = try numbers("prompt").map { Int32(try #require($0.intValue)) }
        logProbabilities = try numbers("logProbabilities").map { Float(try #require($0.doubleValue)) }
        greedy = try numbers("greedy").map { Int32(try #require($0.intValue)) }
    }

    /// The largest difference from the reference.
    func error(of scores: [Float]) -> Float {
        guard scores.count == logProbabilities.count else { return .infinity }
        return zip(scores, logProbabilities).map { abs($0 - $1) }.reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
    }
}

/// The log-probabilities of `tokens`, one in each row of `logits`.
func logProbabilities(_ logits: [Float], of tokens: some Sequence<Int32>, vocabulary: Int) -> [Float] {
    tokens.enumerated().map { index, token in
        let row = Array(logits[index * vocabulary..<(index + 1) * vocabulary])
        return row[Int(token)] - row.withUnsafeBufferPointer { Logits.logSumExp($0) }
    }
}

func argmax(_ row: some Collection<Float>) -> Int32 {
    Int32(Array(row).withUnsafeBufferPointer { Logits.argmax($0) })
}
