// Seeds: Fuzzing/PackedFile.swift

@testable import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Any bytes are a file of packed weights whose matrices lie in it, or none.
///
/// A file's magic, version, length and sum are put right half of the time: no fuzzer would find them.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    var bytes = Array(UnsafeBufferPointer(start: start + 1, count: count - 1))
    if start[0] & 1 == 0 { repair(&bytes) }
    let path = "/tmp/swiftlet-fuzz-\(getpid()).packed"
    guard let file = fopen(path, "w") else { return 0 }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
    defer { unlink(path) }
    guard let packed = PackedFile(path: path) else { return 0 }
    for entry in packed.entries.values {
        let matrix = packed.bytes(of: entry)
        precondition(matrix.reduce(0, &+) == matrix.reduce(0, &+))
        precondition(Checksum.of(matrix) == Checksum.of(matrix))
    }
    return 0
}

private func repair(_ bytes: inout [UInt8]) {
    let entries = min(Int(bytes.dropFirst(24).first ?? 0), bytes.count / 40)
    let words = PackedFile.headerWords + entries * PackedFile.Entry.words
    while bytes.count < 8 * (words + 1) || bytes.count < 8 * 6 { bytes.append(0) }
    func put(_ word: UInt64, at index: Int) {
        for (offset, byte) in withUnsafeBytes(of: word.littleEndian, Array.init).enumerated() {
            bytes[8 * index + offset] = byte
        }
    }
    put(PackedFile.magic, at: 0)
    put(PackedFile.version, at: 1)
    put(UInt64(bytes.count), at: 2)
    put(UInt64(entries), at: 3)
    var sum = Checksum()
    for index in 0..<words {
        sum.add(
            bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)) }
        )
    }
    put(sum.value, at: words)
}
