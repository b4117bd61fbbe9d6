import Constraints
import JSONValues
import Testing

/// Schemas and grammars that are made to cost time or memory end in an error, or work.
@Suite struct HostileTests {
    private func isBounded(_ grammar: Grammar) -> Bool {
        let clock = ContinuousClock()
        var isRefusedOrWorks = true
        let time = clock.measure {
            do {
                var matcher = try Constraint(grammar, vocabulary).makeMatcher()
                var mask = TokenMask(count: vocabulary.vocabularySize)
                for _ in 0..<40 {
                    try matcher.mask(into: &mask)
                    guard let token = mask.allowed.last(where: { $0 != 271 }) else { break }
                    isRefusedOrWorks = try matcher.accept(token) && isRefusedOrWorks
                }
            } catch is ConstraintError {} catch { isRefusedOrWorks = false }
        }
        // Debug builds on busy machines are slow; what does not end takes for ever.
        return isRefusedOrWorks && time < .seconds(20)
    }

    @Test func deepNesting() {
        var deep = JSON.object(["type": "string"])
        for _ in 0..<3000 { deep = ["allOf": .array([deep])] }
        #expect(isBounded(.jsonSchema(deep)))
        #expect(isBounded(.regex(String(repeating: "(", count: 5000) + String(repeating: ")", count: 5000))))
        #expect(
            isBounded(
                .gbnf("root ::= " + String(repeating: "(", count: 5000) + "\"a\"" + String(repeating: ")", count: 5000))
            ))
        #expect(
            isBounded(
                .lark("start: " + String(repeating: "(", count: 5000) + "\"a\"" + String(repeating: ")", count: 5000))))
    }

    @Test(arguments: [
        "(a*)*b", "(a|a)*c", "((((a{1,900}){1,900}){1,900}){1,900})", "(.*a.{40})", "(a?){500}a{500}", "(x+x+)+y",
        "[^a]{0,100000}b",
    ]) func patterns(_ pattern: String) {
        #expect(isBounded(.regex(pattern)))
        #expect(isBounded(.jsonSchema(["type": "string", "pattern": .string(pattern)])))
        #expect(
            isBounded(
                .jsonSchema([
                    "allOf": [["pattern": .string(pattern)], ["pattern": "c.{20}d"], ["not": ["pattern": "e.{20}f"]]]
                ])))
    }

    @Test func manyAlternatives() {
        let values = JSON.array((0..<30_000).map { .string("value \($0)") })
        #expect(isBounded(.jsonSchema(["enum": values])))
        let few = JSON.array((0..<3000).map { .string("value \($0)") })
        #expect(isBounded(.jsonSchema(["enum": few])))
        func pairs(_ count: Int) -> JSON {
            .array(
                (0..<count).map { ["anyOf": [["required": [.string("a\($0)")]], ["required": [.string("b\($0)")]]]] })
        }
        #expect(isBounded(.jsonSchema(["allOf": pairs(40)])))
        #expect(isBounded(.jsonSchema(["oneOf": pairs(12)])))
    }

    /// What completes a text is looked for among many places at once.
    @Test func manyWaysToTheEnd() throws {
        let ways = (0..<1000).map { "\"\($0 + 10000)\" [a-z] \"\($0 + 10000)\"" }
        let grammar = Grammar.gbnf("root ::= \"x\" way\nway ::= " + ways.joined(separator: " | "))
        var matcher = try Constraint(grammar, vocabulary).makeMatcher()
        #expect(try matcher.accept(bytes: Array("x".utf8)))
        let clock = ContinuousClock()
        let time = clock.measure { #expect(matcher.closingBytes()?.count == 11) }
        #expect(time < .seconds(8), "\(time)")
    }

    @Test func grammarsThatReferToThemselves() throws {
        #expect(isBounded(.gbnf("root ::= root root | \"a\"")))
        #expect(isBounded(.gbnf("root ::= a\na ::= b\nb ::= a | \"x\"")))
        #expect(isBounded(.gbnf("root ::= (\"a\"?)* root?")))
        #expect(isBounded(.gbnf("root ::= (((\"a\" root?){1000}){1000}){1000}")))
        #expect(isBounded(.gbnf("root ::= ((root? \"a\"?){400}){400}")))
        #expect(throws: ConstraintError.self) { try Constraint(.gbnf("root ::= root \"a\""), vocabulary) }
    }
}
