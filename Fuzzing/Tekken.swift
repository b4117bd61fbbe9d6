// Seeds in data: Tests/TokenizationTests/Fixtures/vocabularies/tekken.json

import Tokenization

/// Any bytes are a tekken.json that encodes and decodes, or an error.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    if let tokenizer = try? Tokenizer(tekken: bytes, source: "fuzz") {
        let ids = tokenizer.encode("Hello, wörld! 123  \n😀<s>")
        _ = tokenizer.decode(ids)
    }
    return 0
}
