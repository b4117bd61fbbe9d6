// Seeds: Fuzzing/GGUFVocabulary.swift

import Tokenization

/// Any vocabulary of a GGUF file is a tokenizer that encodes and decodes, or an error.
///
/// The first bytes choose the kind and the flags; then come pieces that end in a line feed, each with its type and score in
/// its first two bytes; those after an empty piece are merges.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    guard bytes.count > 12 else { return 0 }
    func flag(_ bit: Int) -> Bool? { [nil, nil, false, true][Int(bytes[1]) >> bit & 3] }
    func id(_ index: Int) -> Int32? { bytes[index] == 0 ? nil : Int32(Int8(bitPattern: bytes[index])) }

    let models = ["gpt2", "llama", "t5", "bert", "rwkv", "gemma4"]
    let patterns = [nil, "default", "llama-bpe", "qwen2", "tekken", "jina-v2-code", "unheard"]
    var vocabulary = GGUFVocabulary(
        model: models[Int(bytes[0] & 15) % models.count], pre: patterns[Int(bytes[0] >> 4) % patterns.count],
        tokens: StringTable())
    (vocabulary.addBeginOfText, vocabulary.addEndOfText) = (flag(0), flag(2))
    (vocabulary.addSpacePrefix, vocabulary.removeExtraWhitespaces) = (flag(4), flag(6))
    (vocabulary.beginOfText, vocabulary.endOfText, vocabulary.endOfTurn) = (id(2), id(3), id(4))
    (vocabulary.unknown, vocabulary.separator, vocabulary.padding, vocabulary.mask) = (id(5), id(6), id(7), id(8))
    let lines = bytes[12...].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let end = bytes[9] & 1 == 1 ? lines.firstIndex(where: \.isEmpty) ?? lines.count : lines.count
    for line in lines[..<end] {
        line.dropFirst(2).withUnsafeBufferPointer { vocabulary.tokens.append($0) }
        if bytes[9] & 2 == 2 { vocabulary.types.append(Int32(line.first ?? 1) % 8) }
        if bytes[9] & 4 == 4 { vocabulary.scores.append(score(line.dropFirst().first ?? 0)) }
    }
    for line in lines[end...] { line.withUnsafeBufferPointer { vocabulary.merges.append($0) } }
    if bytes[9] & 8 == 8 { vocabulary.precompiledCharacterMap = lines.last.map { Array($0) } }
    if let tokenizer = try? Tokenizer(gguf: vocabulary, source: "fuzz") {
        let ids = tokenizer.encode("Hello, wörld! 123  \n😀<s>")
        _ = tokenizer.decode(ids)
        // Texts of the vocabulary's own pieces.
        _ = tokenizer.decode(tokenizer.encode(String(decoding: bytes[12...], as: UTF8.self)))
    }
    return 0
}

private func score(_ byte: UInt8) -> Float {
    switch byte {
    case 255: .nan
    case 254: .infinity
    case 253: -.infinity
    case 252: .greatestFiniteMagnitude
    default: Float(byte) - 128
    }
}
