import Foundation
@testable import Inference
import JSONValues
import Testing

@Suite struct BeamSearchTests {
    private static let folder = Bundle.module.bundleURL.appending(path: "Fixtures")

    /// transformers' answers and scores on the same weights, to 1e-3 of log-probabilities that reach -40
    /// (scripts/make_beam_fixture.py).
    @Test func answersAreThoseOfTheReference() async throws {
        let engine = Engine(model: try LanguageModel.load(Self.folder.appending(path: "tiny.gguf").path))
        let data = try Data(contentsOf: Self.folder.appending(path: "beams.json"))
        let fixture = try JSON(parsing: Array(data), source: "beams.json")
        let cases = try #require(fixture["cases"]?.arrayValue)
        #expect(cases.count == 21)
        for entry in cases {
            func tokens(_ value: JSON?) -> [Int32] {
                value?.arrayValue?.compactMap { $0.intValue.map(Int32.init) } ?? []
            }
            var parameters = BeamSearchParameters(
                beams: entry["num_beams"]?.intValue ?? 0, maximumTokens: fixture["tokens"]?.intValue ?? 0)
            parameters.lengthPenalty = entry["length_penalty"]?.doubleValue ?? 1
            if entry["early_stopping"] == true { parameters.ending = .early }
            if entry["early_stopping"] == "never" { parameters.ending = .never }
            let found = try await engine.beamSearch(
                GenerationRequest(prompt: tokens(entry["prompt"])), parameters, endTokens: Set(tokens(entry["ends"])))
            let expected = entry["answers"]?.arrayValue ?? []
            #expect(found.map(\.tokens) == expected.map { tokens($0["tokens"]) }, "\(parameters)")
            for (hypothesis, answer) in zip(found, expected) {
                guard let score = answer["score"]?.doubleValue else { continue }
                #expect(abs(Double(hypothesis.score) - score) < 1e-3, "\(parameters)")
            }
        }
    }
}
