import Constraints
import Testing

@Suite struct NotationTests {
    static let json = #"""
        root   ::= object
        value  ::= object | array | string | number | ("true" | "false" | "null") ws

        object ::=
          "{" ws (
                    string ":" ws value
            ("," ws string ":" ws value)*
          )? "}" ws

        array  ::= "[" ws ( value ("," ws value)* )? "]" ws
        string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) )* "\"" ws # text
        number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
        ws ::= | " " | "\n" [ \t]{0,20}
        """#

    @Test func gbnf() throws {
        #expect(try accepts(.gbnf(Self.json), #"{"a": [1, 2.5, {"b":"\u00e9x"}], "c": null}"#))
        #expect(try !accepts(.gbnf(Self.json), #"{"a": [1, 2,]}"#))
        #expect(try masksAreExact(.gbnf(Self.json), #"{"ab": [12, true], "c": "x"}"#))
        let arithmetic = """
            root  ::= (expr "=" ws term "\\n")+
            expr  ::= term ([-+*/] term)*
            term  ::= ident | num | "(" ws expr ")" ws
            ident ::= [a-z] [a-z0-9_]* ws
            num   ::= [0-9]+ ws
            ws    ::= [ \\t\\n]*
            """
        #expect(try accepts(.gbnf(arithmetic), "x +(2*y1) = 3\n"))
        #expect(try !accepts(.gbnf(arithmetic), "x +(2*y1 = 3\n"))
        #expect(try accepts(.gbnf(#"root ::= [ぁ-んァ-ン一-龯]{2,3} "。"?"#), "かな。"))
    }

    /// Ends and what looks ahead, after parts of all kinds.
    @Test func endsOfPatterns() throws {
        #expect(try accepts(.regex("0`$"), "0`"))
        #expect(try accepts(.regex("^a?b*$"), ""))
        #expect(throws: ConstraintError.self) { try accepts(.regex("a$b"), "ab") }
        #expect(try accepts(.regex("(?=ab)a?b$"), "ab"))
        #expect(try accepts(schema(#"{"type": "string", "pattern": "x[0-9]?$"}"#), #""yx7""#))
        #expect(try !accepts(schema(#"{"type": "string", "pattern": "x[0-9]?$"}"#), #""x77""#))
    }

    /// Left recursion and ambiguity are no obstacle.
    @Test func recursion() throws {
        let grammar = Grammar.gbnf("root ::= root \"+\" root | \"(\" root \")\" | [0-9]+")
        #expect(try accepts(grammar, "1+(22+3)+4"))
        #expect(try !accepts(grammar, "1+(22+3"))
        #expect(try masksAreExact(grammar, "12+(345+1)"))
        #expect(try accepts(.gbnf("root ::= a* \"b\"\na ::= \"(\" a* \")\" | [a-z]+"), "xx(y(z))ab"))
    }

    @Test func lark() throws {
        let grammar = Grammar.lark(
            #"""
            // Assignments.
            start: (statement ";")+
            ?statement: NAME "=" sum
            ?sum: product | sum ("+" | "-") product -> add
            ?product: atom | product "*" atom
            atom: NUMBER | NAME | "(" sum ")"
                | "max"i "(" sum ("," sum)~1..2 ")"
            NAME: /[a-z]\w*/
            %import common.NUMBER
            %ignore /\s+/
            """#)
        #expect(try accepts(grammar, "x = 1 + 2*(y - 3.5); z=MAX(x, 4) ;"))
        #expect(try !accepts(grammar, "x = 1 + ; "))
        #expect(try !accepts(grammar, "x = MAX(1);"))
    }

    @Test func regexAndChoices() throws {
        #expect(try accepts(.regex("[a-c]+|\\d{3}"), "abca"))
        #expect(try !accepts(.regex("[a-c]+|\\d{3}"), "12"))
        #expect(try accepts(.choices(["yes", "yesterday"]), "yes"))
        #expect(try accepts(.choices(["yes", "yesterday"]), "yesterday"))
        #expect(try !accepts(.choices(["yes", "yesterday"]), "yester"))
    }

    @Test func tags() throws {
        let call = StructuralTag(
            begin: "<call>",
            content: try schema(#"{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}"#),
            end: "</call>")
        let free = Grammar.tags([call])
        #expect(try accepts(free, "plain text < not a call>"))
        #expect(try accepts(free, #"so: <call>{"a": 1}</call> and <call>{"a": 2}</call>"#))
        #expect(try !accepts(free, #"so: <call>{"b": 1}</call>"#))
        #expect(try !accepts(free, #"so: <call>{"a": 1}"#))
        #expect(try !accepts(.tags([call], mode: .atLeastOnce), "none"))
        #expect(try accepts(.tags([call], mode: .only), #"<call>{"a": 1}</call>"#))
        #expect(try !accepts(.tags([call], mode: .only), #"x<call>{"a": 1}</call>"#))
        #expect(try masksAreExact(free, #"ab <call>{"a": 12}</call> x"#))
    }

    @Test func errorsNameThePlace() {
        #expect {
            try Constraint(.gbnf("root ::= a\na ::= b \"x\""), vocabulary)
        } throws: { error in
            guard case .grammar(let line, let column, _)? = error as? ConstraintError else { return false }
            return (line, column) == (2, 7)
        }
        #expect(throws: ConstraintError.self) { try Constraint(.lark("start: \"a"), vocabulary) }
        #expect(throws: ConstraintError.self) { try Constraint(.regex("a("), vocabulary) }
        #expect(throws: ConstraintError.self) { try Constraint(.choices([]), vocabulary) }
    }
}
