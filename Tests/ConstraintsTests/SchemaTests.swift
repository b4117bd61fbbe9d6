import Constraints
import Testing

@Suite struct SchemaTests {
    /// A schema, texts that meet it and texts that do not, both after a mark.
    static let cases: [(schema: String, valid: [String], invalid: [String])] = [
        // Number ranges are exactly the stated interval (mlc-ai/xgrammar#661).
        (
            #"{"type":"number","exclusiveMinimum":0,"maximum":2}"#, ["0.5", "2", "2.0", "1"],
            ["0", "2.5", "-1", "0.0", "2.01", "10"]
        ),
        (
            #"{"type":"integer","minimum":-5,"maximum":120}"#, ["-5", "0", "7", "99", "120"],
            ["-6", "121", "1.5", "007"]
        ),
        (#"{"type":"integer","minimum":0}"#, ["0", "12345"], ["-1", "01"]),
        (#"{"maximum":0}"#, ["0", "-3", "\"x\"", "[1]"], ["1", "0.1"]),
        (#"{"type":"number","multipleOf":0.01}"#, ["1.25", "3", "0.010"], ["1.255", "0.001"]),
        (#"{"type":"integer","multipleOf":7,"minimum":10,"maximum":30}"#, ["14", "21", "28"], ["7", "15", "35"]),
        (#"{"minimum":1.5,"exclusiveMaximum":10.25}"#, ["1.5", "9", "10.24"], ["1.49", "10.25", "11"]),
        // An escape counts as one character, and control characters must be escaped (mlc-ai/xgrammar#800).
        (
            #"{"type":"string","maxLength":4}"#, [#""a\"b""#, #""\n\n\n\n""#, #""äöü😀""#, "\"\""],
            ["\"a\tb\"", #""abcde""#, #""\x""#]
        ),
        // Nothing can be an element and the wanted one.
        (
            #"{"type":"object","properties":{"a":{"type":"array","items":{"type":"string"},"contains":{"type":"null"}}}}"#,
            ["{}"], [#"{"a":["x"]}"#, #"{"a":[]}"#]
        ),
        // A member that demands one which can never be there cannot be there either.
        (
            ##"{"type":"object","properties":{"a":{},"b":{"$ref":"#/$defs/T"}},"dependentRequired":{"a":["b"]},"$defs":{"T":{"type":"object","required":["t"],"properties":{"t":{"$ref":"#/$defs/T"}}}}}"##,
            ["{}", #"{"c":1}"#], [#"{"a":1}"#, #"{"b":{}}"#]
        ),
        (#"{"type":["string","null"],"minLength":3,"maxLength":0}"#, ["null"], [#""""#, #""aaa""#]),
        (#"{"type":"string","minLength":2,"maxLength":3}"#, [#""ab""#, #""abc""#], [#""a""#, #""abcd""#]),
        // Shorthand classes (ggml-org/llama.cpp#27580), escapes that mean nothing (ggml-org/llama.cpp#19051).
        (#"{"type":"string","pattern":"^\\d{2}-\\w$"}"#, [#""07-k""#], [#""7-k""#, #""07-k ""#]),
        (#"{"type":"string","pattern":"^yes\\!$"}"#, [#""yes!""#], [#""yes""#, #""yes!!""#]),
        (#"{"type":"string","pattern":"b+"}"#, [#""abc""#, #""b""#], [#""ac""#, "\"\""]),
        (#"{"type":"string","pattern":"^a|b$"}"#, [#""ax""#, #""xb""#], [#""xa""#]),
        (#"{"type":"string","pattern":"^(?!.*--)[a-z-]+$"}"#, [#""a-b""#], [#""a--b""#]),
        (#"{"type":"string","pattern":"^\\S+$","maxLength":3}"#, [#""abc""#], [#""a c""#, #""abcd""#]),
        // A property that never appears (ggml-org/llama.cpp#17574).
        (
            #"{"type":"object","properties":{"p":{"type":"string"},"m":{"not":{}}},"required":["p"]}"#,
            [#"{"p": "x"}"#, #"{"p":"x","q":1}"#], [#"{"p":"x","m":1}"#, "{}"]
        ),
        // guidance-ai/llguidance#265
        (
            #"{"type":"object","patternProperties":{"^n_":{"type":"integer"}},"required":["n_a"],"additionalProperties":false}"#,
            [#"{"n_a":1}"#, #"{"n_b":2, "n_a":1}"#], ["{}", #"{"n_a":"1"}"#, #"{"x":1}"#]
        ),
        // sgl-project/sglang#7639
        (
            ##"{"$defs":{"T":{"type":"object","properties":{"kids":{"type":"array","items":{"$ref":"#/$defs/T"}}}}},"$ref":"#/$defs/T"}"##,
            ["{}", #"{"kids":[{"kids":[]},{}]}"#], [#"{"kids":[1]}"#, "[]"]
        ),
        (
            #"{"enum":["a",1,null,{"k":[true]}]}"#, [#""a""#, "1", "null", #"{"k": [true]}"#],
            [#""b""#, "2", #"{"k":[]}"#]
        ),
        // Whole numbers beyond 64 bits keep their digits.
        (
            #"{"enum":[123456789012345678901234567890]}"#, ["123456789012345678901234567890"],
            ["123456789012345678901234567891"]
        ),
        (
            #"{"type":"integer","minimum":123456789012345678901234567890}"#, ["123456789012345678901234567890"],
            ["123456789012345678901234567889"]
        ),
        (#"{"const":0.5}"#, ["0.5", "0.50"], ["0.51", "5"]),
        (#"{"oneOf":[{"multipleOf":3},{"multipleOf":5}],"type":"integer"}"#, ["3", "10"], ["15", "1"]),
        (
            #"{"oneOf":[{"required":["a"]},{"required":["b"]}],"type":"object"}"#, [#"{"a":1}"#, #"{"c":0,"b":1}"#],
            [#"{"a":1,"b":1}"#, "{}"]
        ),
        (#"{"not":{"type":["string","array","object"]}}"#, ["1", "null", "true"], [#""a""#, "[]"]),
        (#"{"allOf":[{"minLength":2},{"maxLength":2},{"type":"string"}]}"#, [#""ab""#], [#""a""#, #""abc""#]),
        (
            #"{"type":"object","properties":{"kind":{"enum":["a","b"]}},"required":["kind"],"if":{"properties":{"kind":{"const":"a"}}},"then":{"required":["x"]},"else":{"required":["y"]}}"#,
            [#"{"kind":"a","x":1}"#, #"{"kind":"b","y":1}"#], [#"{"kind":"a","y":1}"#, #"{"kind":"b"}"#]
        ),
        (
            #"{"type":"array","prefixItems":[{"type":"integer"},{"type":"string"}],"items":{"type":"null"},"minItems":1,"maxItems":3}"#,
            ["[1]", #"[1, "a"]"#, #"[1,"a",null]"#], ["[]", #"["a"]"#, #"[1,"a",null,null]"#, "[1,2]"]
        ),
        (
            #"{"type":"array","items":{"type":"integer"},"minItems":2,"maxItems":4}"#, ["[1,2]", "[1,2,3,4]"],
            ["[1]", "[1,2,3,4,5]", "[1,]"]
        ),
        (
            #"{"type":"array","contains":{"const":7},"items":{"type":"integer"}}"#, ["[7]", "[1,7,2]"],
            ["[]", "[1]", "[1,2"]
        ),
        (#"{"type":"array","items":{"enum":["a","b"]},"uniqueItems":true}"#, ["[]", #"["b","a"]"#], [#"["a","a"]"#]),
        (
            #"{"type":"object","maxProperties":1,"properties":{"a":{},"b":{}},"required":["b"]}"#, [#"{"b":1}"#],
            [#"{"a":1"#, #"{"b":1,"a":1}"#]
        ),
        (
            #"{"type":"object","minProperties":1,"additionalProperties":{"type":"integer"}}"#, [#"{"x":1}"#],
            ["{}", #"{"x":"1"}"#]
        ),
        (#"{"type":"object","propertyNames":{"pattern":"^[a-c]+$"}}"#, [#"{"ab":1}"#], [#"{"x":1}"#]),
        (#"{"type":"object","dependentRequired":{"a":["b"]}}"#, ["{}", #"{"b":1}"#, #"{"a":1,"b":2}"#], [#"{"a":1}"#]),
        (
            ##"{"$id":"http://x.y/root.json","$defs":{"s":{"$anchor":"str","type":"string"}},"type":"array","items":{"$ref":"root.json#str"}}"##,
            [#"["a"]"#], ["[1]"]
        ),
        (
            #"{"format":"date","type":"string"}"#, [#""2024-02-29""#, #""2023-12-31""#],
            [#""2023-02-29""#, #""2023-13-01""#]
        ),
        (#"{"format":"uuid","type":"string"}"#, [#""123e4567-e89b-12d3-a456-426614174000""#], [#""123e4567""#]),
        (#"{"format":"ipv6","type":"string"}"#, [#""::1""#, #""2001:db8::ff00:42:8329""#], [#"":::""#, #""1:2""#]),
        (#"{"format":"date-time","type":"string"}"#, [#""2024-01-02T03:04:05.6Z""#], [#""2024-01-02 03:04:05""#]),
        (
            #"{"type":"object","properties":{"a/b":{"type":"integer"}},"additionalProperties":{"type":"string"}}"#,
            [#"{"a/b":1,"x":"y"}"#], [#"{"a/b":"x"}"#, #"{"a\/b":"x"}"#]
        ),
    ]

    @Test(arguments: cases.indices) func exactlyTheStatedValues(_ index: Int) throws {
        let (text, valid, invalid) = Self.cases[index]
        let grammar = try schema(text)
        for value in valid { #expect(try accepts(grammar, value), "\(text) should accept \(value)") }
        for value in invalid { #expect(try !accepts(grammar, value), "\(text) should refuse \(value)") }
    }

    @Test func masksAgreeWithWhatIsAccepted() throws {
        let cases = [
            (
                #"{"type":"object","properties":{"ab":{"type":"integer"},"abc":{"type":"string","maxLength":5}}}"#,
                #"{"abc": "ab", "x": [1], "ab": 12345}"#
            ),
            (
                #"{"type":"array","items":{"anyOf":[{"type":"number"},{"enum":["ab","abc"]}]}}"#,
                #"[12, "abc", 3.5e1, "ab"]"#
            ),
            (
                #"{"type":"object","patternProperties":{"^a":{"type":"boolean"}},"additionalProperties":{"type":"null"}}"#,
                #"{"ab": true, "b": null}"#
            ),
        ]
        for (text, value) in cases { #expect(try masksAreExact(schema(text), value)) }
    }

    @Test func declaredOrderIsKeptWhenAskedFor() throws {
        let text = #"{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}},"required":["a"]}"#
        let ordered = try schema(text, SchemaOptions(order: .declared))
        #expect(try accepts(ordered, #"{"a":1,"b":2,"c":3}"#))
        #expect(try !accepts(ordered, #"{"b":2,"a":1}"#))
        #expect(try accepts(schema(text), #"{"c":3,"b":2,"a":1}"#))
        // What a member demands must come, too, and cannot where its place is over.
        let demanding = #"{"type":"object","properties":{"a":{},"b":{},"c":{}},"dependentRequired":{"b":["a","c"]}}"#
        let inOrder = try schema(demanding, SchemaOptions(order: .declared))
        #expect(try accepts(inOrder, #"{"a":1,"b":2,"c":3}"#) && accepts(inOrder, #"{"a":1}"#))
        #expect(try !accepts(inOrder, #"{"b":2,"c":3}"#) && !accepts(inOrder, #"{"a":1,"b":2}"#))
        #expect(try accepts(schema(demanding), #"{"b":2,"c":3,"a":1}"#))
    }

    /// The order of definitions changes nothing (ollama/ollama#8444).
    @Test func definitionsMayStandInAnyOrder() throws {
        for names in [["Z", "B", "M"], ["M", "B", "Z"]] {
            let all = [
                "Z": ##"{"$ref":"#/$defs/B"}"##, "B": ##"{"type":"object","properties":{"m":{"$ref":"#/$defs/M"}}}"##,
                "M": #"{"type":"integer"}"#,
            ]
            let definitions = names.map { "\"\($0)\":\(all[$0] ?? "")" }.joined(separator: ",")
            let grammar = try schema(
                ##"{"type":"object","properties":{"p":{"$ref":"#/$defs/Z"}},"$defs":{\##(definitions)}}"##)
            #expect(try accepts(grammar, #"{"p":{"m":1}}"#))
            #expect(try !accepts(grammar, #"{"p":{"m":"1"}}"#))
        }
    }

    /// Blanks after the last brace are not allowed (ollama/ollama#2577).
    @Test func nothingFollowsTheValue() throws {
        var matcher = try Constraint(schema("{}"), vocabulary).makeMatcher()
        #expect(try matcher.accept(bytes: Array(#"{"a":1}"#.utf8)))
        #expect(matcher.isComplete && matcher.mustEnd)
        #expect(try !matcher.accept(Int32(UInt8(ascii: " "))))
        #expect(try matcher.accept(271))
        #expect(matcher.isFinished)
    }

    @Test func forcedBytesAndGoingBack() throws {
        let text =
            #"{"type":"object","properties":{"name":{"type":"string"}},"required":["name"],"additionalProperties":false}"#
        let grammar = try schema(text, SchemaOptions(allowsWhitespace: false))
        var matcher = try Constraint(grammar, vocabulary).makeMatcher()
        #expect(try matcher.forcedBytes() == Array("{".utf8))
        #expect(try matcher.accept(bytes: Array(#"{"na"#.utf8)))
        #expect(try matcher.forcedBytes() == Array(#"me":"#.utf8) || matcher.forcedBytes() == Array(#"me""#.utf8))
        #expect(try matcher.accept(bytes: Array(#"me":"x"}"#.utf8)))
        #expect(matcher.isComplete)
        matcher.rollback(1)
        #expect(!matcher.isComplete)
        #expect(try matcher.accept(bytes: Array(#"me":"y"}"#.utf8)))
    }

    @Test(arguments: [
        (##"{"$ref":"#/nowhere"}"##, "$ref"), (#"{"$ref":"http://example.com/other"}"#, "$ref"),
        (##"{"properties":{"a":{"$ref":"#/properties/a"}}}"##, "$ref"), (#"{"type":"strin"}"#, "type"),
        (#"{"properties":{"a":{"pattern":"(?<=x)y"}}}"#, "pattern"), (#"{"pattern":"\\bx"}"#, "pattern"),
        (#"{"items":{"format":"idn-email"}}"#, "format"), (#"{"uniqueItems":true,"type":"array"}"#, "uniqueItems"),
        (#"{"minLength":-1}"#, "minLength"), (#"{"required":"a"}"#, "required"),
        (##"{"$dynamicRef":"#a"}"##, "$dynamicRef"),
        (#"{"maxContains":2,"contains":{}}"#, "maxContains"),
    ]) func refusedByName(_ text: String, _ keyword: String) throws {
        #expect {
            try Constraint(schema(text), vocabulary)
        } throws: { error in
            guard case .schema(_, let named, _)? = error as? ConstraintError else { return false }
            return named == keyword
        }
    }

    @Test func contradictionsAreErrors() throws {
        for text in [
            "false", #"{"allOf":[{"type":"string"},{"type":"integer"}]}"#, #"{"enum":[]}"#,
            #"{"type":"integer","multipleOf":5,"minimum":6,"maximum":9}"#,
            ##"{"$defs":{"T":{"type":"object","properties":{"t":{"$ref":"#/$defs/T"}},"required":["t"]}},"$ref":"#/$defs/T"}"##,
        ] {
            #expect(throws: ConstraintError.self, "\(text)") { try Constraint(schema(text), vocabulary) }
        }
    }
}
