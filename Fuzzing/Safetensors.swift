// Seeds: Tests/CheckpointsTests/Fixtures/*/*.safetensors

@testable import Checkpoints
@testable import Files

/// Any bytes are either refused with an error or a file whose tensors fill its data exactly.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let reader = try? SafetensorsReader(MappedFile(contents: bytes, path: "fuzz.safetensors")) else { return 0 }
    var covered = 0
    for tensor in reader.tensors.values {
        precondition(tensor.dataType.byteCount(elements: tensor.elementCount) == tensor.byteCount)
        tensor.withUnsafeBytes { precondition($0.reduce(0, &+) == $0.reduce(0, &+)) }
        covered += tensor.byteCount
    }
    precondition(covered <= count - 8)
    return 0
}
