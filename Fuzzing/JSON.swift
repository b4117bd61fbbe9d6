// Seeds: Tests/CheckpointsTests/Fixtures/*/*.json
// Any text is either refused with an error or read, and what is written from it is read back as the same value.

import JSONValues

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let buffer = UnsafeBufferPointer(start: start, count: count)
    let value = try? JSON(parsing: Array(buffer), source: "fuzz")
    // Reading past a value accepts exactly what reading it does.
    var reader = JSONReader(buffer, source: "fuzz")
    let isSkipped: Bool
    do {
        try reader.skipValue()
        try reader.finish()
        isSkipped = true
    } catch {
        isSkipped = false
    }
    precondition(isSkipped == (value != nil))
    guard let value else { return 0 }
    for style in [JSONStyle.compact, .pretty, JSONStyle(escapesNonASCII: true)] {
        let text = value.text(style)
        guard let again = try? JSON(parsing: text, source: "fuzz") else { preconditionFailure("not read back: \(text)") }
        precondition(again == value, "read back as \(again)")
    }
    return 0
}
