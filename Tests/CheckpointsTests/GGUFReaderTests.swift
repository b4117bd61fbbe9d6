import Files
import Tensors
import Testing

@testable import Checkpoints

@Suite struct GGUFReaderTests {
    /// A version 3 file by hand: a string, an integer, an array of strings, one of floats, and one Q4_0 tensor.
    static let sample: [UInt8] = {
        var bytes: [UInt8] = Array("GGUF".utf8)
        func put<T: FixedWidthInteger>(_ value: T) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
        func put(_ text: String) {
            put(UInt64(text.utf8.count))
            bytes += Array(text.utf8)
        }
        put(UInt32(3))
        put(UInt64(1))
        put(UInt64(4))
        put("general.architecture")
        put(UInt32(8))
        put("llama")
        put("llama.block_count")
        put(UInt32(4))
        put(UInt32(2))
        put("tokens")
        put(UInt32(9))
        put(UInt32(8))
        put(UInt64(2))
        put("a")
        put("é")
        put("scores")
        put(UInt32(9))
        put(UInt32(6))
        put(UInt64(2))
        put(Float(1.5).bitPattern)
        put(Float(-2).bitPattern)
        put("w")
        put(UInt32(2))
        put(UInt64(32))
        put(UInt64(2))
        put(UInt32(2))
        put(UInt64(0))
        while bytes.count % 32 != 0 { bytes.append(0) }
        return bytes + (0..<36).map { UInt8($0) }
    }()

    func read(_ bytes: [UInt8]) throws(CheckpointError) -> GGUFReader {
        try GGUFReader(MappedFile(contents: bytes, path: "sample.gguf"))
    }

    @Test func values() throws {
        let reader = try read(Self.sample)
        #expect(reader.metadata.keys == ["general.architecture", "llama.block_count", "tokens", "scores"])
        #expect(try reader.metadata.string("general.architecture") == "llama")
        #expect(try reader.metadata.int("llama.block_count") == 2)
        #expect(try reader.metadata.strings("tokens") == ["a", "é"])
        #expect(try reader.metadata.floats("scores") == [1.5, -2])
        let tensor = try #require(reader.tensors["w"])
        #expect(tensor.dataType == .q4x0)
        #expect(tensor.shape == [2, 32])
        #expect(tensor.withUnsafeBytes { Array($0) } == (0..<36).map { UInt8($0) })
    }

    @Test func truncationAtEveryByteIsAnError() {
        for length in 0..<Self.sample.count {
            #expect(throws: CheckpointError.self) { try read(Array(Self.sample[..<length])) }
        }
    }

    @Test func flippedBytesNeverCrash() {
        var generator = SplitMix(state: 7)
        var refused = 0
        for _ in 0..<5000 {
            do throws(CheckpointError) {
                let reader = try read(generator.damage(Self.sample))
                for tensor in reader.tensors.values { tensor.withUnsafeBytes { #expect($0.count == tensor.byteCount) } }
            } catch {
                refused += 1
            }
        }
        #expect(refused > 0)
    }

    @Test func kindMismatchNamesKey() throws {
        let metadata = try read(Self.sample).metadata
        let error = #expect(throws: CheckpointError.self) { try metadata.int("tokens") }
        #expect(error?.description == "sample.gguf, key tokens: expected an integer, found an array.")
    }

    @Test func refusedTypeIsNamed() throws {
        var bytes = Self.sample
        // The type is the last non-zero 32-bit word before the zero offset and the padding.
        let index = try #require(bytes.dropLast(36).lastIndex { $0 != 0 })
        bytes[index] = 40
        let error = #expect(throws: CheckpointError.self) { try read(bytes) }
        #expect(error?.reason == "its type NVFP4 is not read")
    }
}
