// Seeds: Tests/TemplatingTests/Fixtures/renders.json

import JSONValues
import Templating

/// Any text is rendered or refused, within the limits.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let source = String(decoding: UnsafeBufferPointer(start: data, count: count), as: UTF8.self)
    let limits = TemplateLimits(steps: 20_000, outputBytes: 1 << 16)
    if let template = try? Template(source, name: "fuzz", limits: limits) {
        _ = try? template.render(["messages": [["role": "user", "content": "Hi"]], "tools": nil])
    }
    return 0
}
