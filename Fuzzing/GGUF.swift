// Seeds: Tests/CheckpointsTests/Fixtures/*.gguf

@testable import Checkpoints
@testable import Files

/// Any bytes are either refused with an error or a file whose every value and tensor can be read.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let reader = try? GGUFReader(MappedFile(contents: bytes, path: "fuzz.gguf")) else { return 0 }
    for key in reader.metadata.keys {
        _ = try? reader.metadata.json(key)
        _ = try? reader.metadata.int(key)
        _ = try? reader.metadata.double(key)
        _ = try? reader.metadata.ints(key)
        _ = try? reader.metadata.floats(key)
        _ = try? reader.metadata.strings(key)
        _ = try? reader.metadata.withStringBytes(key) { _, bytes in precondition(bytes.allSatisfy { _ in true }) }
    }
    for tensor in reader.tensors.values {
        precondition(tensor.dataType.byteCount(elements: tensor.elementCount) == tensor.byteCount)
        tensor.withUnsafeBytes { precondition($0.reduce(0, &+) == $0.reduce(0, &+)) }
    }
    return 0
}
