@testable import Inference
import Synchronization
@testable import Tensors
import Tokenization

/// A network whose next token is a function of all tokens before, which it reads from the cache's pages: whoever is given the
/// wrong pages says something else.
struct ScriptedNetwork: BatchNetwork {
    static let vocabulary = 64
    let layout = CacheLayout(
        layers: [CacheLayout.Layer(attention: CacheLayout.Attention(heads: 1, keySize: 32, valueSize: 32))], type: .f32)
    /// What each step read: how many rows, and how many of them belong to prompts.
    final class Log: Sendable {
        let steps = Mutex<[(rows: Int, texts: Int)]>([])
        /// Whether the values are no numbers.
        let isBroken = Atomic(false)
    }
    let log = Log()
    /// Most tokens are those so many places before.
    var repeats: Int?
    /// By what the last token is, what may follow it: the logits, in place of a script.
    var chances: (@Sendable (Int32) -> [Float])?
    /// In how many of 16 places it says something else than the script.
    var mistakes = 0
    /// Called in each step with its rows, so that a clock can go on.
    var onStep: (Int) -> Void = { _ in }

    /// The token that follows a text.
    static func next(_ tokens: some Sequence<Int32>, repeats: Int? = nil, mistakes: Int = 0) -> Int32 {
        var sum: UInt64 = 7
        for token in tokens { sum = (sum ^ UInt64(UInt32(bitPattern: token))) &* 0x9E37_79B9_7F4A_7C15 ^ sum >> 29 }
        let tokens = Array(tokens)
        if Int(sum >> 54 & 15) < mistakes { return Int32(sum >> 34) & 63 }
        if let repeats, tokens.count > repeats, sum >> 50 & 15 > 0 { return tokens[tokens.count - repeats] }
        return Int32(sum >> 40) & 63
    }

    /// So many tokens that follow a text.
    static func answer(to prompt: [Int32], _ count: Int) -> [Int32] {
        var text = prompt
        for _ in 0..<count { text.append(next(text)) }
        return Array(text.dropFirst(prompt.count))
    }

    func run(_ plan: StepPlan, _ body: @Sendable (StepPlan.Part, [UnsafeMutableBufferPointer<Float>]) -> Void) {
        log.steps.withLock { $0.append((plan.tokens.count, plan.parts.count)) }
        onStep(plan.tokens.count)
        for (index, span) in plan.spans.enumerated() {
            span.cache.reserve(span.positions)
            let pages = span.cache.cache(layer: 0)?.pages
            func place(_ position: Int) -> UnsafeMutablePointer<Int32>? {
                pages?[position / CacheLayout.pageTokens]?.assumingMemoryBound(to: Int32.self)
                    .advanced(by: position % CacheLayout.pageTokens)
            }
            for (row, position) in zip(span.rows, span.positions) { place(position)?.pointee = plan.tokens[row] }
            var rows: [UnsafeMutableBufferPointer<Float>] = []
            for output in plan.parts[index].outputs {
                let end = span.firstPosition + plan.outputRows[output] - span.rows.lowerBound
                let logits = UnsafeMutableBufferPointer<Float>.allocate(capacity: Self.vocabulary)
                logits.initialize(repeating: log.isBroken.load(ordering: .relaxed) ? .nan : 0)
                if let chances, let last = place(end)?.pointee {
                    for (token, logit) in chances(last).enumerated() { logits[token] = logit }
                } else if !log.isBroken.load(ordering: .relaxed) {
                    let text = (0...end).map { place($0)?.pointee ?? -1 }
                    logits[Int(Self.next(text, repeats: repeats, mistakes: mistakes))] = 9
                }
                rows.append(logits)
            }
            body(plan.parts[index], rows)
            for row in rows { row.deallocate() }
        }
    }
}
