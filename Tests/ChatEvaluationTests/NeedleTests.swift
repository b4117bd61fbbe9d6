import Agents
import Evaluation
import JSONValues
import Testing

@testable import ChatEvaluation

struct NeedleTests {
    @Test func gridsAreAsked() async throws {
        // Finds what stands in the second half only.
        let model = ScriptedModel(name: "m") { messages, _ in
            let text = messages[0].text
            let words = text.split(separator: " ").map { $0.filter(\.isNumber) }
            guard let place = words.firstIndex(where: { $0.count == 5 }) else { return ChatAnswer(text: "none") }
            return ChatAnswer(text: place > words.count / 2 ? "It is \(words[place])." : "I do not know.")
        }
        var test = try NeedleTest(.passkey, lengths: [200, 400], depths: [0, 25, 75, 100])
        test.attempts = 2
        let report = try await test.run(on: model, concurrency: 2)
        #expect(report.cells.count == 16 && report.score == 0.5)
        #expect(report.cells.allSatisfy { ($0.score == 1) == ($0.depth > 50) })
        // Lengths are the model's tokens, and never more than was asked for.
        #expect(report.cells.allSatisfy { $0.tokens <= $0.length && $0.tokens > $0.length * 8 / 10 })
        #expect(report.markdown.contains("| 75% | 1.00 | 1.00 |") && report.html.contains("<svg"))
        // Each try has another number.
        #expect(Set(model.conversations.map { $0[0].text }).count == 16)
    }

    @Test func severalNeedlesCountByTheirShare() async throws {
        let model = ScriptedModel(name: "m") { messages, _ in
            let numbers = messages[0].text.split { !$0.isNumber }.filter { $0.count == 5 }.map { String($0) }
            #expect(numbers.count == 4)
            return ChatAnswer(text: numbers[..<3].joined(separator: " and "))
        }
        let report = try await NeedleTest(.several(4), lengths: [300], depths: [50]).run(on: model)
        #expect(report.score == 0.75)
    }

    @Test func textsOfOnesOwnAreUsed() async throws {
        let model = ScriptedModel(name: "m") { messages, _ in
            #expect(messages[0].text.contains("Whales sing."))
            return ChatAnswer(text: "In GRAZ.")
        }
        let kind = NeedleTest.Kind.needle(sentence: "The best soup is in Graz.", question: "Where?", expected: "Graz")
        let test = try NeedleTest(kind, lengths: [150], depths: [30], haystack: "Whales sing. Ships pass!\nMore")
        #expect(try await test.run(on: model).score == 1)
        #expect(throws: EvaluationError.self) {
            try NeedleTest(kind, lengths: [150], depths: [30], haystack: "Soup of graz.")
        }
    }

    @Test func placesThatCannotBeAskedAreCounted() async throws {
        let model = ScriptedModel(["It is nothing."], name: "m")
        let report = try await NeedleTest(.passkey, lengths: [100], depths: [0, 50]).run(on: model)
        #expect(report.score == 0 && report.json["failed"] == 1 && report.markdown.contains("1 of 2 tries failed"))
        #expect(throws: EvaluationError.self) { try NeedleTest(.passkey, lengths: [10], depths: [0]) }
        #expect(throws: EvaluationError.self) { try NeedleTest(.passkey, lengths: [500], depths: [101]) }
        #expect(throws: EvaluationError.self) { try NeedleTest(.several(99), lengths: [500], depths: [1]) }
    }
}
