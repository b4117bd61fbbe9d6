import Foundation
import JSONValues
import Testing

@testable import Templating

/// Compares tokens with those of Jinja itself; `scripts/make_template_fixtures.py` wrote them.
struct LexerTests {
    @Test func tokensEqualJinjas() throws {
        let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
        #expect(try compareTokens(in: fixtures.appending(path: "tokens.json")) > 60)
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["SWIFTLET_REFERENCE_DATA"] != nil))
    func tokensOfPublishedTemplatesEqualJinjas() throws {
        let folder = try #require(ProcessInfo.processInfo.environment["SWIFTLET_REFERENCE_DATA"])
        #expect(try compareTokens(in: URL(filePath: folder).appending(path: "template_tokens.json")) > 0)
    }

    @Test(arguments: [
        ("a\n{{ 'x }}", 2), ("{{ 1 }}\n\n{{ ) }}", 3), ("{# x", 1), ("{{ x", 1), ("\n{% if x", 2),
        ("\n{% raw %}\n x", 2),
    ])
    func errorsNameTheTemplateAndTheLine(source: String, line: Int) throws {
        let error = try #require(throws: TemplateError.self) { try Lexer.tokenize(source, name: "mine") }
        #expect(error.kind == .syntax)
        #expect(error.template == "mine")
        #expect(error.line == line)
        #expect(error.description.hasPrefix("mine, line \(line): "))
    }

    /// Returns how many templates were compared.
    private func compareTokens(in file: URL) throws -> Int {
        let cases = try #require(try JSON(parsing: Array(Data(contentsOf: file)), source: "fixture").arrayValue)
        for entry in cases {
            let source = try #require(entry["source"]?.stringValue)
            let found = try? Lexer.tokenize(source, name: "fixture").dropLast().map(Self.asJSON)
            let expected = try #require(entry["tokens"]).arrayValue
            let difference = zip(found ?? [], expected ?? []).first { $0 != $1 }
            #expect(
                found.map { Array($0) } == expected,
                "\(source.prefix(80)): \(difference.map { "\($0) is not \($1)" } ?? "one has more tokens or is an error")"
            )
        }
        return cases.count
    }

    private static func asJSON(_ token: Token) -> JSON {
        let (type, value): (String, JSON) =
            switch token.kind {
            case .data(let text): ("data", .string(text))
            case .variableBegin: ("variable_begin", "")
            case .variableEnd: ("variable_end", "")
            case .blockBegin: ("block_begin", "")
            case .blockEnd: ("block_end", "")
            case .name(let name): ("name", .string(name))
            case .string(let text): ("string", .string(text))
            case .integer(let value): ("integer", .integer(value))
            case .float(let value): ("float", .number(value))
            case .symbol(let symbol): (jinjaNames[symbol] ?? "", .string(symbol.rawValue))
            case .end: ("eof", "")
            }
        return [.string(type), value, .integer(token.line)]
    }

    private static let jinjaNames: [Symbol: String] = [
        .floorDivide: "floordiv", .power: "pow", .equal: "eq", .notEqual: "ne", .greaterOrEqual: "gteq",
        .lessOrEqual: "lteq", .add: "add", .subtract: "sub", .divide: "div", .multiply: "mul", .modulo: "mod",
        .concatenate: "tilde", .leftBracket: "lbracket", .rightBracket: "rbracket", .leftParenthesis: "lparen",
        .rightParenthesis: "rparen", .leftBrace: "lbrace", .rightBrace: "rbrace", .greater: "gt", .less: "lt",
        .assign: "assign", .dot: "dot", .colon: "colon", .pipe: "pipe", .comma: "comma", .semicolon: "semicolon",
    ]
}
