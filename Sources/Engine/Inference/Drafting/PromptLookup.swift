/// Guesses how a text goes on: as it did after the same tokens before (prompt lookup decoding, Saxena 2023).
///
/// What is guessed is computed together with the last token; then tokens are chosen one after the other as they always are, for
/// as long as they are the guessed ones. So guesses change neither the tokens of an answer nor, where they are sampled, their
/// distribution.
struct PromptLookup: Sendable {
    /// The most tokens to guess; 0 for none.
    let limit: Int
    private var length: Int
    /// Tokens to let pass after guesses that were all wrong.
    private var pause = 0
    private var failures = 0

    /// Rows of a step from which on products may be rounded otherwise: with fewer an answer's tokens are those that it has without
    /// guesses.
    static let mostRows = 7
    /// How many tokens must be the same: fewer are the same by chance too often.
    private static let sameTokens = [4, 3, 2]

    init(limit: Int) {
        self.limit = max(0, limit)
        length = min(self.limit, 3)
    }

    /// The tokens that may follow, at most `room`.
    mutating func guess(after tokens: [Int32], room: Int) -> [Int32] {
        let count = min(length, room)
        guard count > 0 else { return [] }
        guard pause == 0 else {
            pause -= 1
            return []
        }
        for same in Self.sameTokens {
            if let follower = Self.follower(of: same, in: tokens) {
                return Array(tokens[follower..<min(follower + count, tokens.count)])
            }
        }
        return []
    }

    /// Takes note of how many guesses were right: right ones make the next ones longer, wrong ones rarer.
    mutating func record(_ guessed: Int, right: Int) {
        length = right == guessed ? min(limit, length + 2) : max(1, min(limit, right + 1))
        failures = right > 0 ? 0 : failures + 1
        if failures >= 3 { pause = min(64, 8 * (failures - 2)) }
    }

    /// What followed the last `count` tokens the last time that they stood there.
    private static func follower(of count: Int, in tokens: [Int32]) -> Int? {
        guard tokens.count > count else { return nil }
        return tokens.withUnsafeBufferPointer { tokens in
            let end = tokens.count - count
            var start = end - 1
            while start >= 0 {
                var index = 0
                while index < count, tokens[start + index] == tokens[end + index] { index += 1 }
                if index == count { return start + count }
                start -= 1
            }
            return nil
        }
    }
}
