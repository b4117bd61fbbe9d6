@testable import Tokenization

/// Text made of what patterns care about, stray bytes included; the same for the same seed.
struct AwkwardText {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    private static let parts =
        [
            " ", "  ", "    ", "\n", "\r\n", "\n\n", "\t", "\u{A0}", "\u{3000}", "\u{180E}", "\u{85}", "'s", "'S",
            "'re",
            "'LL", "'\u{17F}", "'v", "'", "a", "B", "word", "Word", "WORD", "aB", "é", "Éa", "ǅ", "ʰ", "漢字", "々", "〇",
            "⺀", "かな", "ー", "한글", "א", "ش", "हिन्दी", "\u{301}", "\u{20DD}", "1", "12", "1234", "٣", "৪५", "Ⅷ", "½", "!",
            "...", "/", "//\n", "$", "`~", "_", "…", "。", "😀", "👩‍👩‍👧", "\u{200D}", "\u{1}", "\u{E000}", "(x)", "<=",
            "µ", "ß",
        ].map { Array($0.utf8) } + [[0xFF], [0xE2, 0x82], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5], [0x80]]

    private mutating func draw(below bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }

    mutating func next() -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0...draw(below: 14) { bytes += Self.parts[draw(below: Self.parts.count)] }
        return bytes
    }
}

func pieces(_ pattern: SplitPattern, _ bytes: [UInt8]) -> [Range<Int>] {
    var result: [Range<Int>] = []
    bytes.withUnsafeBufferPointer { pattern.forEachPiece(in: $0) { result.append($0) } }
    return result
}

func strings(_ pattern: SplitPattern, _ text: String) -> [String] {
    let bytes = Array(text.utf8)
    return pieces(pattern, bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
}
