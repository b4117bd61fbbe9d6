// Seeds: Tests/CheckpointsTests/VectorFixtures/*.txt
// Seeds: Tests/CheckpointsTests/VectorFixtures/*.bin
// Seeds: Tests/CheckpointsTests/VectorFixtures/*.ftz

@testable import Checkpoints
@testable import Files

/// Any bytes are either refused with an error or a file whose every word and vector can be read.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let vectors = try? StaticVectors.open(MappedFile(contents: bytes, path: "fuzz.bin")) else { return 0 }
    for index in 0..<min(vectors.count, 64) {
        let word = vectors.word(at: index)
        precondition(vectors.vector(at: index).count == vectors.dimensions)
        if let found = vectors.index(of: word) { precondition(found == index || vectors.word(at: found) == word) }
    }
    _ = vectors.vector(of: "naïve")
    precondition(vectors.sentenceVector("the kings of\t日本").vector.count == vectors.dimensions)
    return 0
}
