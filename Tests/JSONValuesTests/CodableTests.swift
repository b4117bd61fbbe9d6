import Foundation
import JSONValues
import Testing

/// `Codable` types to JSON values and back.
@Suite struct CodableTests {
    private struct Recipe: Codable, Hashable {
        enum Kind: String, Codable { case plain, fancy }
        struct Step: Codable, Hashable {
            var name: String
            var rate: Double?
        }
        var zeta: Int
        var alpha: [Step]
        var kind: Kind
        var counts: [String: Int]
        var seed: UInt64
        var extra: JSON
        var scale: Float
        var wide: Int128
    }

    private let recipe = Recipe(
        zeta: 1, alpha: [.init(name: "a", rate: 0.5), .init(name: "b")], kind: .fancy, counts: ["x": 3], seed: .max,
        extra: ["b": [1, nil, 2.5], "a": .largeInteger("123456789012345678901234567890123456789012345")],
        scale: 0.1, wide: .max)

    @Test func orderAndNumbersSurvive() throws {
        let json = try JSON(encoding: recipe)
        #expect(
            json.text()
                == #"{"zeta":1,"alpha":[{"name":"a","rate":0.5},{"name":"b"}],"kind":"fancy","counts":{"x":3},"#
                + #""seed":18446744073709551615,"#
                + #""extra":{"b":[1,null,2.5],"a":123456789012345678901234567890123456789012345},"#
                + #""scale":0.1,"wide":170141183460469231731687303715884105727}"#)
        let read = try JSON(parsing: json.text(), source: "test")
        #expect(read == json)
        #expect(try read.decode(Recipe.self) == recipe)
    }

    @Test(arguments: [
        (#"{"a":{"b":[1,"x"]}}"#, "a.b[1]: expected an integer, not a string"),
        (#"{"a":{}}"#, "a.b: it is missing"), (#"{"a":{"b":null}}"#, "a.b: expected an array, not null"),
        (#"{"a":{"b":[1.5]}}"#, "a.b[0]: 1.5 is not an integer that fits Int8"),
        (#"{"a":{"b":[300]}}"#, "a.b[0]: 300 is not an integer that fits Int8"),
        (#"{"a":{"b":[99999999999999999999]}}"#, "a.b[0]: 99999999999999999999 is not an integer that fits Int8"),
        ("[]", "expected an object, not an array"),
    ])
    func errorsNameTheirPlace(text: String, message: String) throws {
        struct Outer: Decodable {
            struct Inner: Decodable { var b: [Int8] }
            var a: Inner
        }
        let json = try JSON(parsing: text, source: "test")
        let error = #expect(throws: JSONCodingError.self) { try json.decode(Outer.self, source: "task.json") }
        #expect(error?.description == "task.json: " + message)
    }

    @Test func numbersThatJSONLacksAreRefused() {
        let error = #expect(throws: JSONCodingError.self) { try JSON(encoding: ["a": [1, Double.nan]]) }
        #expect(error?.description == "a[1]: JSON has no number for nan")
        #expect(throws: JSONCodingError.self) { try JSON(encoding: Float.infinity) }
        #expect(throws: JSONCodingError.self) { try JSON.number(1e300).decode(Float.self) }
        #expect(throws: JSONCodingError.self) { try JSON.null.decode(String.self) }
    }

    @Test func wholesAndNothings() throws {
        struct Empty: Codable {}
        #expect(try JSON(encoding: Empty()) == [:])
        #expect(try JSON(encoding: [Int]()) == [])
        #expect(try JSON(encoding: [nil, 1] as [Int?]) == [nil, 1])
        #expect(try JSON.array([nil, 1]).decode([Int?].self) == [nil, 1])
        #expect(try JSON.integer(8).decode(Double.self) == 8)
        #expect(try JSON.number(8).decode(Int.self) == 8)
        #expect(try JSON(encoding: "text").decode(String.self) == "text")
        #expect(throws: JSONCodingError.self) { try JSON.bool(true).decode(Int.self) }
        for value in [Float.leastNonzeroMagnitude, 0.1, 16_777_216, 3.402_823_5e38, -7.038531e-26] {
            #expect(try JSON(encoding: value).decode(Float.self) == value)
        }
    }

    @Test func inheritedAndNestedContainers() throws {
        class Base: Codable {
            var name = "base"
        }
        final class Derived: Base {
            var size = 3
            enum Keys: String, CodingKey { case size, tags }
            override func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Keys.self)
                try container.encode(size, forKey: .size)
                var tags = container.nestedUnkeyedContainer(forKey: .tags)
                try tags.encode(1)
                try super.encode(to: container.superEncoder())
            }
        }
        #expect(try JSON(encoding: Derived()) == ["size": 3, "tags": [1], "super": ["name": "base"]])
    }

    /// JSON values travel through other coders too.
    @Test func otherCoders() throws {
        let data = try JSONEncoder().encode(recipe.extra["b"])
        #expect(try JSONDecoder().decode(JSON.self, from: data) == [1, nil, 2.5])
        struct Wrapper: Codable { var json: JSON }
        let text = try JSONEncoder().encode(Wrapper(json: ["a": [true, "x"]]))
        #expect(try JSONDecoder().decode(Wrapper.self, from: text).json == ["a": [true, "x"]])
    }

    @Test func integersBeyond64BitsKeepTheirDigits() throws {
        for digits in ["18446744073709551615", "-9223372036854775809", "123456789012345678901234567890"] {
            let json = try JSON(parsing: digits, source: "test")
            #expect(json == .largeInteger(digits) && json.text() == digits && json.kind == "an integer")
            #expect(json.doubleValue == Double(digits))
        }
        #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "9", count: 400), source: "test") }
    }
}
