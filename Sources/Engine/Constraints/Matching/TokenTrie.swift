public import Tokenization
import Synchronization

/// The tokens of a vocabulary by their bytes, as a tree: what a constraint walks to find those that may come next.
///
/// Made once for a tokenizer and shared by all constraints. It keeps what constraints have in common, such as the tokens that
/// may come within a JSON string.
public final class TokenTrie: Sendable {
    /// One more than the largest token id.
    public let vocabularySize: Int
    /// The tokens that end a text.
    public let endTokens: [Int32]
    /// The bytes of the longest token.
    public let longestToken: Int
    let tree: ByteTree
    let interiors = Mutex<[UInt64: Interior?]>([:])
    private let bytes: [UInt8]
    private let offsets: [Int32]
    /// How special tokens are spelled that do not end a text.
    let specialTexts: SpecialTexts

    /// The tree of a tokenizer's tokens. Special tokens come only where a grammar names them, and in the free text around
    /// structural tags.
    public convenience init(_ tokenizer: Tokenizer) {
        let ends = tokenizer.endOfGenerationTokens
        var special: [Int32: String] = [:]
        let tokens = (0..<Int32(tokenizer.vocabularySize)).map { id -> [UInt8] in
            if ends.contains(id) { return [] }
            guard tokenizer.isSpecial(id) else {
                let bytes = tokenizer.bytes(of: id)
                return bytes.contains(SpecialTexts.mark) ? [] : bytes
            }
            special[id] = tokenizer.piece(of: id)
            return []
        }
        self.init(tokens: tokens, endTokens: ends.sorted(), specialTokens: special)
    }

    /// - Parameters:
    ///   - tokens: The bytes of each token by id; none for tokens that stand for no text.
    ///   - endTokens: The tokens that end a text.
    ///   - specialTokens: How tokens that stand for no text are spelled in grammars. With any, no token of `tokens` may have
    ///     the byte 0xFF, which no text has.
    public init(tokens: [[UInt8]], endTokens: [Int32], specialTokens: [Int32: String] = [:]) {
        var tokens = tokens
        for (id, text) in specialTokens where tokens.indices.contains(Int(id)) && !text.isEmpty {
            tokens[Int(id)] = SpecialTexts.bytes(of: text)
        }
        specialTexts = SpecialTexts(specialTokens.values)
        vocabularySize = tokens.count
        self.endTokens = endTokens.filter { $0 >= 0 && Int($0) < tokens.count }
        longestToken = tokens.reduce(1) { max($0, $1.count) }
        var bytes: [UInt8] = []
        var offsets: [Int32] = [0]
        for token in tokens {
            bytes.append(contentsOf: token)
            offsets.append(Int32(bytes.count))
        }
        self.bytes = bytes
        self.offsets = offsets
        tree = ByteTree(
            tokens.indices.lazy.filter { !tokens[$0].isEmpty }.map { (tokens[$0][...], Int32($0)) })
    }

    /// The bytes of a text in which what spells a special token is that token.
    package func bytes(marking text: String) -> [UInt8] { specialTexts.marking(text) }

    /// The text of bytes in which special tokens are marked: those that are part of `visible` by their names, others not at all.
    package func plainBytes(_ marked: [UInt8], showing visible: [String]) -> [UInt8] {
        specialTexts.plain(marked) { name in visible.contains { $0.contains(name) } }
    }

    /// The bytes of the token with this id; none if it stands for no text.
    public func bytes(of id: Int32) -> ArraySlice<UInt8> {
        guard id >= 0, Int(id) < vocabularySize else { return [] }
        return bytes[Int(offsets[Int(id)])..<Int(offsets[Int(id) + 1])]
    }
}

/// A tree of byte strings. The children of a node are neighbours, in the order of their bytes; node 0 is the root.
///
/// Nothing changes after it is made, which is why threads may share its pointers.
final class ByteTree: @unchecked Sendable {
    struct Node {
        /// Children are the nodes from `firstChild` to `endOfChildren`.
        var firstChild: Int32
        var endOfChildren: Int32
        /// Tokens from `firstToken` to `endOfTokens` end here, those to `endOfSubtree` here or below.
        var firstToken: Int32
        var endOfTokens: Int32
        var endOfSubtree: Int32
    }

    /// The nodes from the root along `bytes`, as far as there are any.
    func path(_ bytes: some Sequence<UInt8>) -> [Int32] {
        var path: [Int32] = [0]
        for byte in bytes {
            let node = nodes[Int(path[path.count - 1])]
            guard let next = (node.firstChild..<node.endOfChildren).first(where: { self.bytes[Int($0)] == byte }) else {
                break
            }
            path.append(next)
        }
        return path
    }

    let nodes: UnsafeMutablePointer<Node>
    /// The byte that leads to each node.
    let bytes: UnsafeMutablePointer<UInt8>
    /// In the order of their bytes.
    let tokens: UnsafeMutablePointer<Int32>
    let nodeCount: Int

    init(_ entries: some Sequence<(ArraySlice<UInt8>, Int32)>) {
        let sorted = entries.sorted { $0.0.lexicographicallyPrecedes($1.0) }
        var nodes: [Node] = []
        var bytes: [UInt8] = [0]
        // A level at a time: each node is a range of the sorted entries that share its bytes.
        var level = [0..<sorted.count]
        var depth = 0
        while !level.isEmpty {
            var next: [Range<Int>] = []
            for range in level {
                var position = range.lowerBound
                while position < range.upperBound, sorted[position].0.count == depth { position += 1 }
                let firstChild = Int32(bytes.count)
                let ownEnd = Int32(position)
                while position < range.upperBound {
                    let byte = sorted[position].0[sorted[position].0.startIndex + depth]
                    var end = position + 1
                    while end < range.upperBound, sorted[end].0[sorted[end].0.startIndex + depth] == byte { end += 1 }
                    next.append(position..<end)
                    bytes.append(byte)
                    position = end
                }
                nodes.append(
                    Node(
                        firstChild: firstChild, endOfChildren: Int32(bytes.count), firstToken: Int32(range.lowerBound),
                        endOfTokens: ownEnd, endOfSubtree: Int32(range.upperBound)))
            }
            level = next
            depth += 1
        }
        nodeCount = nodes.count
        self.nodes = .allocate(capacity: nodes.count)
        self.nodes.initialize(from: nodes, count: nodes.count)
        self.bytes = .allocate(capacity: bytes.count)
        self.bytes.initialize(from: bytes, count: bytes.count)
        tokens = .allocate(capacity: max(1, sorted.count))
        tokens.initialize(from: sorted.map(\.1), count: sorted.count)
    }

    deinit {
        nodes.deallocate()
        bytes.deallocate()
        tokens.deallocate()
    }
}
