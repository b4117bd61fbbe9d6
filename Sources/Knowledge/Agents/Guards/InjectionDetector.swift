/// Looks for texts that try to give a model orders in the place of its user: phrases that such texts are made of, invisible signs,
/// and words of chat formats. It finds what is crude; what it does not find is still quoted as data.
public struct InjectionDetector: Sendable {
    /// What was found.
    public struct Finding: Sendable, Hashable {
        /// 0 to 1; from 0.5 on the text is suspicious.
        public var score: Double
        /// What spoke for it.
        public var reasons: [String]
        /// Whether the score says so.
        public var isSuspicious: Bool { score >= 0.5 }
    }

    /// Makes a detector.
    public init() {}

    private static let phrases: [(weight: Double, words: [String])] = [
        (
            0.6,
            [
                "ignore previous", "ignore all previous", "ignore the above", "ignore all instructions",
                "ignore your instructions",
            ]
        ),
        (
            0.6,
            [
                "disregard previous", "disregard all", "disregard the above", "disregard your",
                "forget your instructions",
            ]
        ),
        (0.6, ["forget everything above", "forget all previous", "override your", "bypass your"]),
        (
            0.5,
            [
                "reveal your system prompt", "print your system prompt", "show me your system prompt",
                "repeat your instructions",
            ]
        ),
        (0.5, ["you are now dan", "do anything now", "developer mode enabled", "jailbreak"]),
        (
            0.4,
            [
                "new instructions:", "system prompt:", "you must now", "from now on you", "pretend to be",
                "act as if you have no",
            ]
        ),
        (0.3, ["do not tell the user", "without telling the user", "without informing", "secretly"]),
        (0.3, ["send the following", "exfiltrate", "base64 encode", "curl http", "fetch this url"]),
    ]

    private static let marks = [
        "<|im_start|>", "<|im_end|>", "[INST]", "[/INST]", "<<SYS>>", "<|system|>", "<|user|>", "<|assistant|>",
        "<start_of_turn>", "<|eot_id|>", "<|start_header_id|>",
    ]

    /// Looks at a text.
    public func inspect(_ text: String) -> Finding {
        var finding = Finding(score: 0, reasons: [])
        let plain = Self.normalized(text)
        for (weight, words) in Self.phrases {
            guard let phrase = words.first(where: plain.contains) else { continue }
            finding.score += weight
            finding.reasons.append("says \"\(phrase)\"")
        }
        if let mark = Self.marks.first(where: text.contains) {
            finding.score += 0.6
            finding.reasons.append("holds \(mark), which chat formats are made of")
        }
        let hidden = text.unicodeScalars.count { Self.isInvisible($0) }
        if hidden > 0 {
            finding.score += hidden > 8 ? 0.6 : 0.2
            finding.reasons.append("holds \(hidden) invisible signs")
        }
        finding.score = min(1, finding.score)
        return finding
    }

    /// Lower case, single spaces, without invisible signs that would part words.
    private static func normalized(_ text: String) -> String {
        let visible = String(String.UnicodeScalarView(text.unicodeScalars.filter { !isInvisible($0) }))
        return visible.lowercased().split { $0.isWhitespace || "*_`".contains($0) }.joined(separator: " ")
    }

    /// Zero-width signs, marks of direction, and tags, none of which people type; joiners within words of some scripts and emoji
    /// are left alone.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x200B, 0x2060...0x2064, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF, 0xE0000...0xE007F: true
        default: false
        }
    }
}
