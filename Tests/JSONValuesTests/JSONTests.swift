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

    @Test func whatPythonWritesIsReadWhereItIsAskedFor() throws {
        let text = #"{"a": [NaN, Infinity, -Infinity, 1e999], "b": -1}"#
        #expect(throws: JSONError.self) { try JSON(parsing: text, source: "test") }
        let value = try JSON(parsing: Array(text.utf8), source: "test", acceptsNonFinite: true)
        #expect(value["a"]?[0]?.doubleValue?.isNaN == true)
        #expect(value["a"]?[1] == .number(.infinity) && value["a"]?[2] == .number(-.infinity))
        #expect(value["a"]?[3] == .number(.infinity) && value["b"] == -1)
        #expect(value["a"]?[1]?.intValue == nil && value["a"]?[0]?.intValue == nil)
        for text in ["Nan", "infinity", "+Infinity", "-NaN", "Infinit"] {
            #expect(throws: JSONError.self) {
                try JSON(parsing: Array(text.utf8), source: "test", acceptsNonFinite: true)
            }
        }
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

    @Test func stringsAsBytesAreThoseAsStrings() throws {
        let texts = [
            #""""#, #""plain""#, #""Ġé漢😀""#, #""tab\tquote\"""#, #""\u00e9\ud83d\ude00""#, "\"open", "\"a\nb\"", "7",
        ]
        let broken: [[UInt8]] = [
            [0xFF], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
            [0x80],
            [0xF0, 0x9F, 0x98, 0x80],
        ]
        for bytes in texts.map({ Array($0.utf8) }) + broken.map({ [0x22] + $0 + [0x22] }) {
            var (text, raw): (String?, [UInt8]?)
            bytes.withUnsafeBufferPointer { buffer in
                var reader = JSONReader(buffer, source: "t")
                text = try? reader.readString()
                var other = JSONReader(buffer, source: "t")
                try? other.readStringBytes { raw = Array($1) }
            }
            #expect(text.map { Array($0.utf8) } == raw, "\(bytes)")
        }
    }

    @Test func membersAsBytes() throws {
        let text = Array(#"{"a": 1, "\u0062": 20, "c":9007199254740993 , "d": 123456789012345678}"#.utf8)
        var members: [String: Int] = [:]
        try text.withUnsafeBufferPointer { buffer in
            var reader = JSONReader(buffer, source: "t")
            try reader.readObjectBytes { (reader, key) throws(JSONError) in
                members[String(decoding: key, as: UTF8.self)] = try reader.readInteger()
            }
            try reader.finish()
        }
        #expect(members == ["a": 1, "b": 20, "c": 9_007_199_254_740_993, "d": 123_456_789_012_345_678])
        for wrong in ["01", "1.5", "1e", "-", "99999999999999999999"] {
            let bytes = Array("[\(wrong)]".utf8)
            #expect(throws: JSONError.self) {
                try bytes.withUnsafeBufferPointer { buffer in
                    var reader = JSONReader(buffer, source: "t")
                    try reader.readArray { (reader) throws(JSONError) in _ = try reader.readInteger() }
                }
            }
        }
    }
}
