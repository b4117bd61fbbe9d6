import Constraints
import Decoding
import Tensors

/// A text as the draft model knows it, with what that guesses to follow.
struct DraftText {
    /// The text, and the guesses of this step but the last.
    private var tokens: [Int32] = []
    /// How many of the tokens are in the cache.
    private(set) var computed = 0
    /// Keys and values; nil where the draft model knows nothing of the text.
    private(set) var cache: SequenceCache?
    /// The guesses of this step, and what they were drawn from.
    private(set) var proposals: [Proposal] = []
    /// How often guesses were right.
    var acceptance = DraftAcceptance()
    /// What chooses the next guess; nil where none is wanted.
    private var state: DecodingState?
    private var wanted = 0
    private var confidence: Float = 0

    /// The tokens that the draft model has not read.
    var pending: ArraySlice<Int32> { tokens[computed...] }

    /// Whether another guess is wanted.
    var isGuessing: Bool { state != nil }

    /// Goes on with a text: what was guessed and did not come true is taken back.
    mutating func follow(_ text: [Int32], layout: CacheLayout, meter: CacheMeter) {
        if cache == nil { (cache, computed) = (SequenceCache(layout: layout, meter: meter), 0) }
        var known = 0
        // The last token is read for its logits.
        let limit = min(computed, text.count - 1)
        while known < limit, tokens[known] == text[known] { known += 1 }
        (tokens, computed, proposals, state) = (text, known, [], nil)
    }

    /// The bytes that so many guesses will take.
    func missingBytes(for count: Int) -> Int { cache?.missingBytes(positions: tokens.count + count) ?? 0 }

    /// Wants up to `count` guesses, as long as the likeliest token has at least the probability `confidence`.
    mutating func begin(_ state: DecodingState, count: Int, confidence: Float) {
        self.state = count > 0 ? state.guessing() : nil
        (wanted, self.confidence) = (count, confidence)
    }

    /// Takes note of rows that were computed.
    mutating func advance(by count: Int) { computed += count }

    /// Guesses a token by the logits of the last one.
    mutating func guess(_ logits: UnsafeMutableBufferPointer<Float>) {
        guard var state, Logits.areUsable(UnsafeBufferPointer(logits)),
            let guess = try? state.guess(logits, history: tokens, least: confidence)
        else { return self.state = nil }
        proposals.append(guess.proposal)
        let isLast = guess.isEnd || proposals.count >= wanted
        self.state = isLast ? nil : state
        if !isLast { tokens.append(guess.proposal.id) }
    }

    /// Forgets the guesses, once they have been computed.
    mutating func takeBack() { proposals = [] }

    /// Gives the memory back, and forgets the guesses.
    mutating func release() {
        (cache, tokens, computed, proposals, state) = (nil, [], 0, [], nil)
    }
}

/// How often a text's guesses come true.
struct DraftAcceptance {
    /// Steps without guesses, since they do not pay, before one is tried again.
    private static let patience = 64

    private var hits = 3.0
    private var trials = 4.0
    private var skipped = 0

    /// The share of guesses that are right, of those before which all are.
    var rate: Double { hits / trials }

    /// Takes note of guesses; what lies further back counts less.
    mutating func record(_ guessed: Int, right: Int) {
        let decay = 0.9
        hits = decay * hits + Double(right)
        trials = decay * trials + Double(min(guessed, right + 1))
    }

    /// How many tokens to guess where `length` pays: now and then one where none does, since texts change.
    mutating func length(_ length: Int) -> Int {
        guard length == 0 else {
            skipped = 0
            return length
        }
        skipped += 1
        guard skipped > Self.patience else { return 0 }
        skipped = 0
        return 1
    }
}
