import Foundation
import Inference
import JSONValues
import Testing

private let environment = ProcessInfo.processInfo.environment
private let encoderPath = environment["SWIFTLET_TEST_ENCODER"]

/// The default sentence encoder against sentence-transformers; runs when SWIFTLET_TEST_ENCODER names its folder.
@Suite(.enabled(if: encoderPath != nil, "SWIFTLET_TEST_ENCODER names no folder"))
struct SentenceEncoderTests {
    /// scripts/make_sentence_fixture.py made the file; called with --full it makes one with more texts.
    private static let references: [String] = {
        let own = Bundle.module.bundleURL.appending(path: "Fixtures/minilm.json").path
        let full = environment["SWIFTLET_REFERENCE_DATA"].map { "\($0)/minilm.json" }
        return [own] + [full].compactMap { $0 }.filter(FileManager.default.fileExists(atPath:))
    }()

    /// With f32 weights, and with those rounded to bf16.
    @Test(arguments: references, [(roundsWeights: false, leastCosine: Float(0.99999)), (true, 0.9999)])
    func vectorsEqualTheReference(path: String, precision: (roundsWeights: Bool, leastCosine: Float)) throws {
        var options = SentenceEncoder.LoadingOptions()
        options.roundsWeights = precision.roundsWeights
        let encoder = try SentenceEncoder.load(try #require(encoderPath), options: options)
        let reference = try JSON(parsing: Array(Data(contentsOf: URL(filePath: path))), source: path)
        #expect(encoder.maximumTokens == reference["maximum"]?.intValue)
        let texts = try #require(reference["texts"]?.arrayValue).map { try #require($0.stringValue) }
        let vectors = try #require(reference["vectors"]?.arrayValue)
        let found = try encoder.embed(texts.map(EmbeddingInput.text), options: EmbeddingOptions())
        try #require(found.count == vectors.count)
        var least: Float = 1
        for (index, embedding) in found.enumerated() {
            let expected = try #require(vectors[index].arrayValue).map { Float(try #require($0.doubleValue)) }
            let cosine = Similarity.cosine(embedding.vector, expected)
            #expect(cosine >= precision.leastCosine, "\(texts[index].prefix(40)): \(cosine)")
            least = min(least, cosine)
            #expect((embedding.omittedTokens > 0) == (embedding.tokens == 256))
        }
        print("\(found.count) texts, the least cosine is \(least)")
    }
}
