import Constraints
import Foundation
import JSONValues
import Testing

/// Schemas made by chance are refused by an error, or every answer that they allow meets them.
///
/// A few hundred by default; `SWIFTLET_FUZZ_SCHEMAS` says how many, `SWIFTLET_FUZZ_SEED` from which seed on.
@Suite struct SchemaFuzzTests {
    private enum Outcome: Hashable {
        case refused, valid, invalid(String), stuck, unclosed
    }

    @Test func randomSchemas() {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["SWIFTLET_FUZZ_SCHEMAS"].flatMap { Int($0) } ?? 200
        let first = environment["SWIFTLET_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1
        var counts: [Outcome: Int] = [:]
        var slowest = (time: Duration.zero, seed: UInt64(0))
        for seed in first..<first + UInt64(count) {
            var outcome = Outcome.refused
            let time = ContinuousClock().measure { outcome = follow(seed) }
            if time > slowest.time { slowest = (time, seed) }
            counts[outcome, default: 0] += 1
            if outcome != .refused, outcome != .valid {
                var random = RandomSchema(numbers: SeededNumbers(state: seed))
                Issue.record("seed \(seed): \(outcome), \(random.make().text())")
            }
        }
        print(
            "\(count) schemas: \(counts[.valid] ?? 0) valid, \(counts[.refused] ?? 0) refused, the slowest \(slowest)")
        #expect(counts[.valid, default: 0] > count / 2)
        // Debug builds on busy machines are slow; what does not end takes for ever.
        #expect(slowest.time < .seconds(20))
    }

    private func follow(_ seed: UInt64) -> Outcome {
        var random = RandomSchema(numbers: SeededNumbers(state: seed))
        let schema = random.make()
        let options = seed % 2 == 0 ? SchemaOptions() : .compact
        do {
            let constraint = try Constraint(.jsonSchema(schema, options), vocabulary)
            for _ in 0..<3 {
                guard let text = try write(constraint, &random.numbers) else { return .stuck }
                guard let text = text.value else { return .unclosed }
                // Without limits an exponent may be larger than a double has it.
                guard let value = try? JSON(parsing: text, source: "answer") else {
                    if options.digits == nil, text.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }) { continue }
                    return .invalid("\(String(decoding: text, as: UTF8.self)) is no JSON")
                }
                // A double does not tell such numbers apart.
                if text.split(whereSeparator: { !(48...57).contains($0) }).contains(where: { $0.count > 15 }) {
                    continue
                }
                // Where a name comes twice, the last counts: what a schema says of numbers of members was said of both.
                guard SchemaValidator(root: schema).accepts(value, schema) || hasRepeatedNames(text, value) else {
                    return .invalid("\(String(decoding: text, as: UTF8.self)) for \(schema.text())")
                }
            }
            return .valid
        } catch is ConstraintError {
            return .refused
        } catch {
            return .invalid("\(error)")
        }
    }

    private struct Answer { var value: [UInt8]? }

    /// An answer of tokens chosen by chance, closed where it becomes long; nil where no token may follow.
    private func write(_ constraint: Constraint, _ numbers: inout SeededNumbers) throws -> Answer? {
        var matcher = constraint.makeMatcher()
        var mask = TokenMask(count: vocabulary.vocabularySize)
        var text: [UInt8] = []
        let limit = Int.random(in: 1...40, using: &numbers)
        while text.count < limit {
            try matcher.mask(into: &mask)
            guard let token = mask.allowed.randomElement(using: &numbers) else { return nil }
            guard try matcher.accept(token) else { return nil }
            if matcher.isFinished { return Answer(value: text) }
            text += vocabulary.bytes(of: token)
        }
        return Answer(value: matcher.closingBytes().map { text + $0 })
    }

    private func hasRepeatedNames(_ text: [UInt8], _ value: JSON) -> Bool {
        text.count { $0 == UInt8(ascii: ":") } > value.text().utf8.count { $0 == UInt8(ascii: ":") }
    }
}
