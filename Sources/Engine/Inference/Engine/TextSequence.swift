import Tensors

/// Which lengths of a text have the same rotary frequencies; nil where those do not depend on the length.
struct RotaryLengths: Sendable {
    /// The longest length with the frequencies of exactly the given one.
    let canonical: @Sendable (Int) -> Int?
    /// The length that frequencies of a text which may grow are made for.
    let reserved: @Sendable (Int) -> Int?
}

/// A text's tokens, and how many of them are computed in which memory.
struct TextSequence {
    /// The prompt and what has been generated.
    private(set) var tokens: [Int32]
    private(set) var promptCount: Int
    /// How many tokens it began with.
    let givenCount: Int
    /// How many tokens have been forgotten so that the text goes on.
    private(set) var forgotten = 0
    /// How many tokens belong to a source text, which is read whole and never taken up by others.
    let sourceCount: Int
    /// How many positions are in the cache.
    private(set) var computed = 0
    /// Keys, values and states; nil while the text waits.
    private(set) var cache: SequenceCache?
    /// The length that rotary frequencies are made for, where they depend on it.
    var rotaryLength: Int? { scope.rotaryLength }
    /// What beside the tokens decides what is computed.
    private(set) var scope: PrefixScope
    /// Where the text can be taken up again beyond its prompt, in layouts that do not keep everything.
    private(set) var latest: SequenceCache.Snapshot?
    /// The most tokens that the text may have.
    let lengthLimit: Int
    private let layout: CacheLayout
    private let rotaryLengths: RotaryLengths
    private var meter: CacheMeter?
    private var pageHashes: [Int] = []

    init(
        prompt: [Int32], sourceCount: Int = 0, lengthLimit: Int, layout: CacheLayout, rotaryLengths: RotaryLengths,
        scope: PrefixScope = PrefixScope()
    ) {
        tokens = prompt
        (promptCount, givenCount) = (prompt.count, prompt.count)
        self.sourceCount = sourceCount
        self.lengthLimit = lengthLimit
        self.layout = layout
        self.rotaryLengths = rotaryLengths
        self.scope = scope
        self.scope.rotaryLength = rotaryLength(for: prompt.count)
    }

    /// How many tokens the text has had.
    var length: Int { tokens.count + forgotten }

    /// Guesses of what follows, which are computed with the next step.
    var draft: [Int32] = []

    /// The tokens that are not in the cache yet.
    var pending: ArraySlice<Int32> { tokens[computed...] }

    /// Whether the text can be taken up at the end of any page.
    var keepsEverything: Bool { layout.keepsEverything }

    /// The last end of a page within the prompt: what follows is at least one token.
    var promptBoundary: Int { (promptCount - 1) / CacheLayout.pageTokens * CacheLayout.pageTokens }

    /// Takes memory, with what is known of the text's beginning.
    mutating func begin(from known: SequenceCache.Snapshot?, meter: CacheMeter) {
        self.meter = meter
        cache = SequenceCache(layout: layout, from: known, meter: meter)
        computed = known?.positions ?? 0
    }

    /// Forgets half of what is behind the first tokens; the rest is to be read again, as a text of its own.
    mutating func forget(keeping: Int) {
        let kept = min(keeping, tokens.count / 2)
        let count = (tokens.count - kept) / 2
        tokens.removeSubrange(kept..<kept + count)
        forgotten += count
        promptCount = tokens.count
        pageHashes = []
        scope.rotaryLength = rotaryLength(for: tokens.count)
        restart()
    }

    /// Begins anew with empty memory.
    mutating func restart() {
        release()
        if let meter { begin(from: nil, meter: meter) }
    }

    /// Gives the memory back; what was computed in it must be computed again.
    mutating func release() {
        (cache, latest, draft) = (nil, nil, [])
        computed = 0
    }

    /// How many of `count` tokens to compute now, so that a snapshot can be made where the prompt's last page ends.
    func countUpToSnapshot(_ count: Int) -> Int {
        let boundary = promptBoundary
        guard !layout.keepsEverything, sourceCount == 0, computed < boundary, computed + count > boundary else {
            return count
        }
        return boundary - computed
    }

    /// How many tokens may be guessed: none where a wrong one could not be taken back.
    var draftRoom: Int {
        guard layout.keepsEverything, sourceCount == 0, rotaryLength == nil, pending.count == 1 else { return 0 }
        return max(0, lengthLimit - length - 1)
    }

    /// The bytes that so many more tokens take.
    func missingBytes(for count: Int) -> Int { cache?.missingBytes(positions: computed + count) ?? 0 }

    mutating func advance(by count: Int) {
        computed += count
        if !layout.keepsEverything, sourceCount == 0, computed % CacheLayout.pageTokens == 0, computed > promptBoundary
        {
            latest = cache?.snapshot(positions: computed)
        }
    }

    /// What others can take up of the text's beginning, as far as it is computed.
    var shareable: [SequenceCache.Snapshot] {
        guard let cache, sourceCount == 0 else { return [] }
        if layout.keepsEverything {
            let whole = computed / CacheLayout.pageTokens * CacheLayout.pageTokens
            return whole > 0 ? [cache.snapshot(positions: whole)] : []
        }
        if computed == promptBoundary, computed > 0 { return [cache.snapshot(positions: computed)] }
        return latest.map { [$0] } ?? []
    }

    /// Adds a generated token. Where frequencies depend on the length and were made for a shorter text, all is to be computed
    /// anew, so that all keys are turned alike, as if the text had been given whole.
    ///
    /// - Returns: whether that is so.
    mutating func append(_ token: Int32) -> Bool {
        tokens.append(token)
        guard tokens.count < lengthLimit, let length = rotaryLength, rotaryLengths.canonical(tokens.count) ?? 0 > length
        else {
            return false
        }
        scope.rotaryLength = rotaryLength(for: tokens.count)
        return true
    }

    /// The length that frequencies are made for, which follows from the text alone.
    private func rotaryLength(for count: Int) -> Int? {
        // A text that is only read has exactly the frequencies of its length, as the reference gives it.
        count < lengthLimit ? rotaryLengths.reserved(count) : rotaryLengths.canonical(count)
    }

    /// Tells the beginning of the text up to the end of a page from others; nil if the page is not full.
    mutating func hash(ofPage page: Int) -> Int? {
        let size = CacheLayout.pageTokens
        guard (page + 1) * size <= tokens.count else { return nil }
        while pageHashes.count <= page {
            let first = pageHashes.count * size
            var hasher = Hasher()
            hasher.combine(pageHashes.last)
            hasher.combine(scope)
            for token in tokens[first..<first + size] { hasher.combine(token) }
            pageHashes.append(hasher.finalize())
        }
        return pageHashes[page]
    }
}
