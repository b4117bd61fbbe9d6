/// WordPiece: the longest known piece, again and again (BERT).
struct WordPieceModel: Sendable {
    private let beginnings: ByteTrie
    private let continuations: ByteTrie
    private let unknown: Int32
    private let longestWord: Int

    /// Pieces that begin a word have `startPrefix`, others `continuingPrefix` and not `excludedPrefix`; words of more
    /// than `longestWord` characters are unknown, and none becomes a token in `special`.
    init(
        _ vocabulary: Vocabulary, startPrefix: String = "", continuingPrefix: String, excludedPrefix: String? = nil,
        unknown: Int32, longestWord: Int = .max, special: Set<Int32> = []
    ) {
        self.unknown = unknown
        self.longestWord = longestWord
        beginnings = vocabulary.trie(withoutPrefix: startPrefix) { !special.contains($0) }
        continuations = vocabulary.trie(withoutPrefix: continuingPrefix) { id in
            if special.contains(id) { return false }
            guard let excludedPrefix, let piece = vocabulary.piece(id) else { return true }
            return !piece.starts(with: excludedPrefix.utf8)
        }
    }

    func encode(_ text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>, into sink: inout TokenSink) {
        let first = sink.count
        var position = word.lowerBound
        let characters = text[word].lazy.filter { $0 & 0xC0 != 0x80 }.count
        while position < word.upperBound {
            let trie = position == word.lowerBound ? beginnings : continuations
            guard characters <= longestWord,
                let match = trie.longestMatch(in: text, from: position, to: word.upperBound)
            else {
                sink.truncate(to: first)
                sink.append(unknown, word)
                return
            }
            sink.append(match.value, position..<match.end)
            position = match.end
        }
    }
}

/// Whole words by their entry in the vocabulary.
struct WordLevelModel: Sendable {
    let vocabulary: Vocabulary
    let unknown: Int32?
    let special: Set<Int32>

    func encode(_ text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>, into sink: inout TokenSink) {
        let found = vocabulary.id(of: UnsafeBufferPointer(rebasing: text[word]))
        if let id = found.flatMap({ special.contains($0) ? nil : $0 }) ?? unknown { sink.append(id, word) }
    }
}

extension PipelineParts {
    /// RWKV's pipeline over a vocabulary of byte strings, of which text becomes those that `isCandidate` lets it.
    init(world vocabulary: Vocabulary, isCandidate: (Int32) -> Bool) {
        let trie = vocabulary.trie(where: isCandidate)
        self.init(vocabulary: vocabulary, model: .greedyTrie(GreedyTrieModel(trie: trie, unknown: nil)))
        decoder = [.fuse]
    }
}

/// The longest known byte string, again and again, without merges or words (RWKV).
struct GreedyTrieModel: Sendable {
    let trie: ByteTrie
    let unknown: Int32?

    func encode(_ text: UnsafeBufferPointer<UInt8>, _ piece: Range<Int>, into sink: inout TokenSink) {
        var position = piece.lowerBound
        while position < piece.upperBound {
            if let match = trie.longestMatch(in: text, from: position, to: piece.upperBound) {
                sink.append(match.value, position..<match.end)
                position = match.end
            } else {
                if let unknown { sink.append(unknown, position..<position + 1) }
                position += 1
            }
        }
    }
}
