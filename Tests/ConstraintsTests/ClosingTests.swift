import Constraints
import JSONValues
import Testing

/// What completes a text that a limit cuts.
@Suite struct ClosingTests {
    /// What comes behind `text`; nil if the text is not part of any answer or cannot be completed.
    private func closing(_ text: String, _ grammar: Grammar) throws -> String? {
        var matcher = try Constraint(grammar, vocabulary).makeMatcher()
        guard try matcher.accept(bytes: text.utf8) else { return nil }
        return matcher.closingBytes().map { String(decoding: $0, as: UTF8.self) }
    }

    private func schemaClosing(_ text: String, _ schema: String, _ options: SchemaOptions = .compact) throws -> String?
    {
        try closing(text, .jsonSchema(try JSON(parsing: schema, source: "schema"), options))
    }

    @Test func valuesAreClosed() throws {
        let person = """
            {"type": "object", "required": ["name", "age", "tags"], "additionalProperties": false, "properties": {
            "name": {"type": "string", "minLength": 2}, "note": {"type": "string"}, "age": {"type": "integer"},
            "tags": {"type": "array", "items": {"enum": ["long", "x"]}, "minItems": 2}}}
            """
        #expect(try schemaClosing("", person) == #"{"name":"aa","age":0,"tags":["x","x"]}"#)
        #expect(try schemaClosing(#"{"name": "Jo"#, person) == #"","age":0,"tags":["x","x"]}"#)
        #expect(try schemaClosing(#"{"name": "J"#, person) == #"a","age":0,"tags":["x","x"]}"#)
        #expect(try schemaClosing(#"{"name": "Jo", "no"#, person) == #"te":"","age":0,"tags":["x","x"]}"#)
        #expect(try schemaClosing(#"{"name": "Jo", "age": 3"#, person) == #","tags":["x","x"]}"#)
        #expect(try schemaClosing(#"{"name": "Jo", "age": -"#, person) == #"0,"tags":["x","x"]}"#)
        #expect(try schemaClosing(#"{"name": "Jo", "age": 3, "tags": ["long""#, person) == #","x"]}"#)
        #expect(try schemaClosing(#"{"name": "Jo", "age": 3, "tags": ["x","x"]}"#, person) == "")
        // Members in any order: those that must be there, each once.
        let any = SchemaOptions(allowsWhitespace: false)
        #expect(try schemaClosing(#"{"age": 1, "#, person, any) == #""name":"aa","tags":["x","x"]}"#)
    }

    @Test func anythingIsClosedSoonest() throws {
        #expect(try schemaClosing(#"{"a": [[{"b": "x\"#, "{}") == #"b"}]]}"#)
        #expect(try schemaClosing("[1.", "{}") == "0]")
        #expect(try schemaClosing("[tr", "{}") == "ue]")
        #expect(try schemaClosing(#"{"k"#, "{}") == #"":0}"#)
        let tree =
            ##"{"$defs":{"T":{"type":"object","properties":{"kids":{"type":"array","items":{"$ref":"#/$defs/T"}}},"required":["kids"]}},"$ref":"#/$defs/T"}"##
        #expect(try schemaClosing(#"{"kids":[{"kids":[{"#, tree) == #""kids":[]}]}]}"#)
        // A deep text is closed as fast as a shallow one.
        let deep = String(repeating: "[", count: 3000)
        #expect(try schemaClosing(deep, "{}") == String(repeating: "]", count: 3000))
    }

    @Test func manyMembersAreClosedInTime() throws {
        let names = (0..<60).map { JSON.string("member \($0)") }
        let properties = (0..<120).map { ("member \($0)", JSON.object(["type": "integer"])) }
        for order in [SchemaOptions.Order.any, .declared] {
            let grammar = Grammar.jsonSchema(
                [
                    "type": "object", "required": .array(names), "minProperties": 70,
                    "properties": .object(JSON.Object(uniqueKeysWithValues: properties)),
                    "additionalProperties": false,
                ], SchemaOptions(order: order, allowsWhitespace: false))
            let text = try #require(try closing(#"{"member 0":1"#, grammar))
            let value = try JSON(parsing: #"{"member 0":1"# + text, source: "answer")
            #expect(value.objectValue?.count == 70)
        }
    }

    @Test func charactersAndPatterns() throws {
        // Within a character, an escape, and a number that must be a multiple.
        var matcher = try Constraint(.jsonSchema(["type": "string"]), vocabulary).makeMatcher()
        #expect(try matcher.accept(bytes: Array("\"".utf8) + [0xE2, 0x82]))
        let rest = try #require(matcher.closingBytes())
        #expect(String(validating: [0xE2, 0x82] + rest, as: UTF8.self) != nil && rest.last == UInt8(ascii: "\""))
        #expect(try schemaClosing(#""\u00"#, #"{"type":"string"}"#)?.count == 3)
        #expect(try schemaClosing("1", #"{"type":"integer","multipleOf":7,"minimum":10}"#) == "4")
        #expect(try schemaClosing("\"", #"{"type":"string","pattern":"^[0-9]{2}-x$"}"#) == "00-x\"")
        #expect(try schemaClosing("\"2024-0", #"{"type":"string","format":"date"}"#)?.count == 5)
    }

    @Test func otherGrammars() throws {
        #expect(try closing("gr", .choices(["red", "green", "grey"])) == "ey")
        #expect(try closing("2+", .gbnf("root ::= term (\"+\" term)*\nterm ::= [0-9]+ | \"(\" root \")\"")) == "0")
        #expect(try closing("(2+(", .gbnf("root ::= term (\"+\" term)*\nterm ::= [0-9]+ | \"(\" root \")\"")) == "0))")
        #expect(try closing("ab", .regex("(abc)+d")) == "cd")
        let tags = Grammar.tags([StructuralTag(begin: "<call>", content: .jsonSchema(true, .compact), end: "</call>")])
        #expect(try closing("free text <cal", tags) == "")
        #expect(try closing("now <call>[", tags) == "]</call>")
    }

    @Test func numbersEnd() throws {
        // A model that goes on with digits comes to an end: 17 of them behind the point, 20 before it, 2 in an exponent.
        func digits(_ start: String, _ schema: String) throws -> Int {
            var matcher = try Constraint(
                .jsonSchema(try JSON(parsing: schema, source: "schema"), .compact), vocabulary
            ).makeMatcher()
            #expect(try matcher.accept(bytes: start.utf8))
            var count = 0
            while count < 100, try matcher.accept(bytes: "0".utf8) { count += 1 }
            #expect(matcher.isComplete)
            return count
        }
        #expect(try digits("0.", #"{"type":"number"}"#) == 17)
        #expect(try digits("1", #"{"type":"number"}"#) == 19)
        #expect(try digits("1", #"{"type":"integer"}"#) == 19)
        #expect(try digits("1e", #"{"type":"number"}"#) == 2)
        #expect(try digits("0.5", #"{"const":0.5}"#) == 16)
        #expect(try digits("0.", #"{"type":"number","minimum":0,"maximum":1}"#) == 17)
        // What a schema names can be written.
        #expect(try digits("1", #"{"type":"integer","minimum":1000000000000000000000000000000}"#) == 30)
        #expect(try accepts(.jsonSchema(["const": 0.00000000000000000001234], .compact), "0.00000000000000000001234"))
    }
}
