import Constraints
import Foundation
import Inference
import JSONValues
import Testing

/// Schemas of Swift's types, and values that models fill them with.
@Suite struct TypeSchemaTests {
    enum Unit: String, CaseIterable, Decodable { case piece, kilogram = "kg" }

    struct Invoice: Decodable {
        struct Line: Decodable {
            var text: String
            var count: UInt8
            var unit: Unit?
        }
        var number: String
        var lines: [Line]
        var total: Double
        var isPaid: Bool?
        var notes: [String: [String]]
    }

    struct Tree: Decodable {
        var name: String
        var children: [Tree]
    }

    struct Chain: Decodable {
        final class Next: Decodable { var chain: Chain? }
        var value: Int
        var next: Next?
    }

    struct Percent: Schematic, Equatable {
        var value: Int
        static let schema: JSON = ["type": "integer", "minimum": 0, "maximum": 100]
        static let sample = Percent(value: 0)
        init(value: Int) { self.value = value }
        init(from decoder: any Decoder) throws { value = try decoder.singleValueContainer().decode(Int.self) }
    }

    struct Share: Decodable { var share: Percent }
    enum Plain: Decodable { case a, b }
    enum Silent: String, Decodable { case a, b }

    @Test func structuresBecomeObjects() throws {
        let line: JSON = [
            "type": "object",
            "properties": [
                "text": ["type": "string"], "count": ["type": "integer", "minimum": 0, "maximum": 255],
                "unit": ["anyOf": [["enum": ["piece", "kg"]], ["type": "null"]]],
            ], "required": ["text", "count"], "additionalProperties": false,
        ]
        let expected: JSON = [
            "type": "object",
            "properties": [
                "number": ["type": "string"], "lines": ["type": "array", "items": line], "total": ["type": "number"],
                "isPaid": ["anyOf": [["type": "boolean"], ["type": "null"]]],
                "notes": ["type": "object", "additionalProperties": ["type": "array", "items": ["type": "string"]]],
            ], "required": ["number", "lines", "total", "notes"], "additionalProperties": false,
        ]
        #expect(try JSON.schema(of: Invoice.self) == expected)
        #expect(
            try JSON.schema(of: [Int8].self) == [
                "type": "array", "items": ["type": "integer", "minimum": -128, "maximum": 127],
            ])
        #expect(try JSON.schema(of: Share.self)["properties"]?["share"] == Percent.schema)
    }

    @Test func typesMayContainThemselves() throws {
        let tree = try JSON.schema(of: Tree.self)
        #expect(tree["$defs"]?["Tree"]?["properties"]?["children"]?["items"] == ["$ref": "#/$defs/Tree"])
        #expect(try JSON.schema(of: Chain.self)["$defs"] != nil)
        let trie = TokenTrie(tokens: (0...255).map { [UInt8($0)] } + [[]], endTokens: [256])
        for schema in [tree, try JSON.schema(of: Chain.self), try JSON.schema(of: Invoice.self)] {
            _ = try Constraint(.jsonSchema(schema), trie)
        }
        var matcher = try Constraint(.jsonSchema(tree), trie).makeMatcher()
        let text = #"{"name": "a", "children": [{"name": "b", "children": []}]}"#
        #expect(try matcher.accept(bytes: text.utf8) && matcher.isComplete)
        #expect(try JSON(parsing: text, source: "").decode(Tree.self).children[0].name == "b")
    }

    @Test func whatHasNoSchemaIsNamed() {
        for (error, name) in [
            (#expect(throws: TypeSchemaError.self) { try JSON.schema(of: Plain.self) }, "Plain"),
            (#expect(throws: TypeSchemaError.self) { try JSON.schema(of: Silent.self) }, "Silent"),
            (#expect(throws: TypeSchemaError.self) { try JSON.schema(of: [Silent].self) }, "Silent"),
        ] {
            #expect(
                error?.description.contains(name) == true && error?.description.contains("Schematic") == true, "\(name)"
            )
        }
    }

    /// The default model fills a type, with whatever it likes (`SWIFTLET_TEST_MODEL`).
    @Test(.enabled(if: ProcessInfo.processInfo.environment["SWIFTLET_TEST_MODEL"] != nil))
    func modelsFillTypes() async throws {
        let engine = Engine(
            model: try LanguageModel.load(ProcessInfo.processInfo.environment["SWIFTLET_TEST_MODEL"] ?? ""))
        let share = try await engine.generate(
            [["role": "user", "content": "How sure are you, in percent?"]], as: Share.self, maximumTokens: 60)
        #expect((0...100).contains(share.share.value))
    }
}
