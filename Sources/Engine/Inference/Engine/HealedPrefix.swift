import Constraints
import Tokenization

/// The text of prompt tokens that were taken back, as far as an answer has not said it again.
struct HealedPrefix: Sendable {
    private let trie: TokenTrie
    private let tokenizer: Tokenizer
    private(set) var rest: [UInt8]
    /// The token that must come next: once the answer has begun to say the text, what of it cannot be part of a longer token is
    /// said as the tokenizer cuts it.
    private var forced: Int32?
    private var mask: TokenMask

    init(_ rest: [UInt8], _ trie: TokenTrie, _ tokenizer: Tokenizer) {
        self.trie = trie
        self.tokenizer = tokenizer
        self.rest = rest
        mask = TokenMask(count: trie.vocabularySize)
    }

    var isOver: Bool { rest.isEmpty }

    /// Makes tokens impossible that do not say the rest, or begin with it.
    mutating func restrict(_ logits: UnsafeMutableBufferPointer<Float>) {
        if force(logits) { return }
        trie.mask(into: &mask, beginning: rest)
        mask.apply(to: logits)
    }

    /// The same, where what follows must meet a constraint; returns how many tokens are left.
    mutating func restrict(
        _ logits: UnsafeMutableBufferPointer<Float>, _ matcher: inout Matcher
    ) throws(ConstraintError) -> Int {
        if force(logits) { return 1 }
        try matcher.mask(into: &mask, after: rest)
        return mask.apply(to: logits)
    }

    private func force(_ logits: UnsafeMutableBufferPointer<Float>) -> Bool {
        guard let forced else { return false }
        for id in logits.indices where id != Int(forced) { logits[id] = -.infinity }
        return true
    }

    /// Takes a token; returns its bytes that are beyond the prefix.
    mutating func take(_ token: Int32) -> ArraySlice<UInt8> {
        let bytes = trie.bytes(of: token)
        let count = min(bytes.count, rest.count)
        rest.removeFirst(count)
        forced = nil
        if !rest.isEmpty {
            let tokens = tokenizer.encode(String(decoding: rest, as: UTF8.self), addSpecialTokens: false)
            // The first of some tokens is never taken back: here another one stands before them.
            let free = trie.healing(of: [0] + tokens) { _ in true }.count
            if free < tokens.count, rest.starts(with: trie.bytes(of: tokens[0])) { forced = tokens[0] }
        }
        return bytes.dropFirst(count)
    }
}

extension TokenMask {
    /// Makes what is not allowed impossible; returns how many tokens are left.
    @discardableResult
    func apply(to logits: UnsafeMutableBufferPointer<Float>, except forbidden: Set<Int32> = []) -> Int {
        var allowed = 0
        for id in logits.indices {
            let token = Int32(id)
            if self[token], !forbidden.contains(token) { allowed += 1 } else { logits[id] = -.infinity }
        }
        return allowed
    }
}

extension GenerationRequest {
    /// The request with a prompt without the tokens that an answer says again, where it ``healsPrompt``.
    func healed(
        _ trie: @autoclosure () -> TokenTrie, _ tokenizer: Tokenizer
    ) throws(ConstraintError) -> GenerationRequest {
        guard healsPrompt else { return self }
        let trie = trie()
        var matcher = constraint?.makeMatcher()
        var mask = TokenMask(count: trie.vocabularySize)
        let (count, bytes) = try trie.healing(of: prompt) { wanted throws(ConstraintError) in
            guard matcher != nil else { return true }
            try matcher?.mask(into: &mask, after: wanted)
            return mask.allowed.contains { trie.bytes(of: $0).count > wanted.count }
        }
        var request = self
        request.prompt.removeLast(count)
        // Controls of tokens that the answer says again have nothing left to change.
        request.attention = attention.compactMap { control in
            var control = control
            control.tokens = control.tokens.clamped(to: request.prompt.indices)
            return control.tokens.isEmpty ? nil : control
        }
        request.healing = bytes.isEmpty ? nil : HealedPrefix(bytes, trie, tokenizer)
        return request
    }
}
