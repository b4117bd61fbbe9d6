// Seeds: Tests/CheckpointsTests/Fixtures/weights/pytorch/*.pt

@testable import Checkpoints
@testable import Files

/// Any bytes are either refused with an error or a file whose every tensor can be read.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let file = MappedFile(contents: bytes, path: "fuzz.pt")
    guard let tensors = try? PyTorchFile(file).tensors else {
        // What no archive is around is reached too.
        var machine = PickleMachine(file, range: 0..<count, name: "fuzz")
        guard let value = try? machine.run() else { return 0 }
        _ = try? StateDict(value, in: machine)
        return 0
    }
    for tensor in tensors.values {
        precondition(tensor.dataType.byteCount(elements: tensor.elementCount) == tensor.byteCount)
        tensor.withUnsafeBytes { precondition($0.reduce(0, &+) == $0.reduce(0, &+)) }
    }
    return 0
}
