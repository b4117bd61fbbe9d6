import Platform

/// How beam search is done: several beginnings of an answer are kept side by side, always those that are likeliest as a whole.
public struct BeamSearchParameters: Sendable, Hashable {
    /// When the search ends, beside at the limit of tokens.
    public enum Ending: String, Sendable, Hashable, Codable {
        /// When no running text would be among the best if it ended now.
        case heuristic
        /// As soon as there are as many finished answers as beams.
        case early
        /// When no running text can be among the best any more.
        case never
    }

    /// How many texts are kept; from 1.
    public var beams: Int
    /// The most tokens of an answer; from 1.
    public var maximumTokens: Int
    /// An answer's score is the sum of its tokens' log-probabilities divided by their number to this power: above 0 long answers
    /// are preferred, below 0 short ones.
    public var lengthPenalty = 1.0
    /// When the search ends.
    public var ending = Ending.heuristic

    /// Makes parameters of four beams and up to 128 tokens.
    public init(beams: Int = 4, maximumTokens: Int = 128) {
        self.beams = beams
        self.maximumTokens = maximumTokens
    }
}

/// An answer that beam search has found.
public struct Hypothesis: Sendable, Hashable {
    /// The tokens, with the one that ends the answer if it ends.
    public var tokens: [Int32]
    /// The text.
    public var text = ""
    /// The sum of the tokens' natural log-probabilities.
    public var logProbability: Float
    /// The sum with its length taken into account.
    public var score: Float
    /// Why it ended.
    public var finishReason: Completion.FinishReason
}

/// The algorithm without the model, as transformers has it.
struct BeamSearch {
    struct Beam {
        var tokens: [Int32]
        var score: Float
    }

    /// The texts that are continued, the likeliest first.
    private(set) var running = [Beam(tokens: [], score: 0)]
    /// The best finished answers so far, the best first.
    private(set) var finished: [Hypothesis] = []
    private(set) var isOver = false
    private let parameters: BeamSearchParameters
    private let endTokens: Set<Int32>
    /// Whether a running text may still become one of the best.
    private var mayImprove = true

    init(_ parameters: BeamSearchParameters, endTokens: Set<Int32>) {
        self.parameters = parameters
        self.endTokens = endTokens
    }

    /// How many continuations are looked at: there must be enough left if each beam ends in every way.
    var width: Int { max(2, 1 + endTokens.count) * parameters.beams }

    /// Goes on with the likeliest next tokens of each running text, at least ``width`` of them.
    mutating func advance(_ continuations: [[TokenScore.Alternative]]) {
        var candidates: [(beam: Int, token: Int32, score: Float)] = []
        for (beam, alternatives) in continuations.enumerated() {
            for next in alternatives { candidates.append((beam, next.id, running[beam].score + next.logProbability)) }
        }
        candidates.sort { ($1.score, $0.beam, $0.token) < ($0.score, $1.beam, $1.token) }
        let length = (running.first?.tokens.count ?? 0) + 1
        let isLast = length >= parameters.maximumTokens
        var next: [Beam] = []
        var ended: [Hypothesis] = []
        for (rank, candidate) in candidates.prefix(width).enumerated() {
            let tokens = running[candidate.beam].tokens + [candidate.token]
            let isEnd = endTokens.contains(candidate.token)
            if !isEnd, !isLast {
                next.append(Beam(tokens: tokens, score: candidate.score))
            } else if rank < parameters.beams {
                ended.append(
                    Hypothesis(
                        tokens: tokens, logProbability: candidate.score, score: score(candidate.score, length),
                        finishReason: isEnd ? .stop : .length))
            }
        }
        running = Array(next.prefix(parameters.beams))
        finish(ended)
        decide(length)
    }

    private mutating func finish(_ ended: [Hypothesis]) {
        let isFull = parameters.ending == .early && finished.count == parameters.beams
        guard mayImprove, !isFull else { return }
        // Of equal ones those that were there first.
        let ranked = (finished + ended).enumerated().sorted {
            ($1.element.score, $0.offset) < ($0.element.score, $1.offset)
        }
        finished = ranked.prefix(parameters.beams).map(\.element)
    }

    private mutating func decide(_ length: Int) {
        guard let best = running.first else { return isOver = true }
        let isLongBest = parameters.ending == .never && parameters.lengthPenalty > 0
        let reachable = score(best.score, isLongBest ? parameters.maximumTokens : length)
        let isFull = finished.count == parameters.beams
        if isFull, let worst = finished.last, reachable <= worst.score { mayImprove = false }
        isOver = !mayImprove || isFull && parameters.ending == .early
    }

    private func score(_ logProbability: Float, _ length: Int) -> Float {
        logProbability / pow(Float(length), Float(parameters.lengthPenalty))
    }
}
