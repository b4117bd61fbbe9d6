/// How special tokens are spelled; for constraints they are bytes that no text has, so that no other tokens spell them.
struct SpecialTexts: Sendable {
    static let mark: UInt8 = 0xFF

    private let texts: Set<String>
    private let firsts: Set<Character>
    private let longest: Int

    init(_ texts: some Sequence<String>) {
        self.texts = Set(texts).subtracting([""])
        firsts = Set(self.texts.compactMap(\.first))
        longest = self.texts.map(\.count).max() ?? 0
    }

    static func bytes(of text: String) -> [UInt8] { [mark] + Array(text.utf8) + [mark] }

    /// The text of bytes in which special tokens are marked, with the names of those that are shown.
    func plain(_ marked: [UInt8], showing isShown: (String) -> Bool) -> [UInt8] {
        let parts = marked.split(separator: Self.mark, omittingEmptySubsequences: false)
        // Names and what is between them take turns.
        return parts.enumerated().flatMap { index, part in
            index % 2 == 0 || isShown(String(decoding: part, as: UTF8.self)) ? part : []
        }
    }

    /// The bytes of a text in which what spells a special token, the longest where there are several, is that token.
    func marking(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let first = rest.first {
            let found =
                firsts.contains(first)
                ? stride(from: min(longest, rest.count), to: 0, by: -1).lazy.map { String(rest.prefix($0)) }
                    .first { texts.contains($0) } : nil
            bytes += found.map(Self.bytes(of:)) ?? Array(String(first).utf8)
            rest = rest.dropFirst(found?.count ?? 1)
        }
        return bytes
    }
}
