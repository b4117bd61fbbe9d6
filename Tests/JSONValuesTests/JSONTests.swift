import JSONValues
import Testing

@Suite struct JSONTests {
    @Test(arguments: [
        #"{"b":1,"a":[true,false,null],"c":"x\"\\\n"}"#, "[]", "{}", "-12", "1.5", #""é😀""#,
    ])
    func roundTrip(text: String) throws {
        #expect(try JSON(parsing: text, source: "test").text() == text)
    }

    @Test func escapes() throws {
        let value = try JSON(parsing: #""\u0041\ud83d\ude00\ud800x\/""#, source: "test")
        #expect(value == "A😀\u{FFFD}x/")
        #expect(JSON.string("é😀").text(JSONStyle(escapesNonASCII: true)) == #""\u00e9\ud83d\ude00""#)
    }

    @Test(arguments: [
        "", "{", "[1,]", #"{"a" 1}"#, "01", "1.", "1.e5", "-", "tru", "\"a", "\"\u{1}\"", #""\x""#, "[1] 2", "1e999",
    ])
    func malformed(text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text, source: "test") }
    }

    @Test func invalidUTF8() {
        #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0xFF, 0x22], source: "test") }
    }

    @Test func deepNestingIsRefused() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError.self) { try JSON(parsing: deep, source: "test") }
    }

    @Test func errorsNameTheirPlace() throws {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: "{\n  \"a\": x\n}", source: "config.json") }
        #expect(error?.description == "config.json, line 2, column 8: expected a value")
    }

    @Test func styles() throws {
        let value = try JSON(parsing: #"{"b":[1,2],"a":{}}"#, source: "test")
        #expect(value.text(.python) == #"{"b": [1, 2], "a": {}}"#)
        #expect(value.text(JSONStyle(sortsKeys: true)) == #"{"a":{},"b":[1,2]}"#)
        #expect(value.text(.pretty) == "{\n  \"b\": [\n    1,\n    2\n  ],\n  \"a\": {}\n}")
    }
}
