public import Agents
public import Evaluation

/// A model that talks, as tasks ask it: each question is a turn of the user's, and what the model says is the answer.
///
/// Servers of chats give no log-probabilities of what they are asked, so that only `generate_until` can be evaluated.
public struct ChatScorer: Scorer {
    /// The model's name in reports.
    public let name: String
    /// How many questions are asked at once.
    public let concurrency: Int
    /// False.
    public var givesLikelihoods: Bool { false }
    private let model: any ChatModel

    /// Asks a model; `name` is its own if nil.
    public init(_ model: any ChatModel, name: String? = nil, concurrency: Int = 8) {
        (self.model, self.name, self.concurrency) = (model, name ?? model.name, max(1, concurrency))
    }

    /// - Throws: `EvaluationError` of kind `.refused`, always.
    public func logLikelihood(of continuation: String, after context: String) async throws -> Likelihood {
        throw refusal
    }

    /// - Throws: `EvaluationError` of kind `.refused`, always.
    public func rollingLogLikelihood(of text: String) async throws -> Double { throw refusal }

    private var refusal: EvaluationError {
        EvaluationError(
            .refused, at: name, "is asked in a chat, where no log-probabilities of a given text are to be had",
            remedy: "choose tasks with generate_until, or ask a server's completions")
    }

    /// What the model says, up to the first stop. What it thinks before, within `<think>`, is no part of the answer, and a stop in there
    /// ends nothing.
    public func generate(after context: String, options: GenerationSettings) async throws -> String {
        var chat = ChatOptions(temperature: options.temperature, maximumTokens: options.maximumTokens)
        if options.topP < 1 { chat.topP = options.topP }
        let stops = options.stops.filter { !$0.isEmpty }
        do {
            var text = ""
            for try await event in try await model.stream([.user(context)], chat) {
                guard case .text(let piece) = event else { continue }
                text += piece
                // Whoever stops reading ends the work.
                if let answer = Self.answer(in: text, upTo: stops), answer.isStopped { return answer.text }
            }
            return Self.answer(in: text, upTo: stops)?.text ?? ""
        } catch {
            throw HostedFailure.evaluationError(error, at: name)
        }
    }

    /// The part of a text after the model's thoughts, up to the first stop; nil while it still thinks.
    static func answer(in text: String, upTo stops: [String]) -> (text: String, isStopped: Bool)? {
        var rest = text[...]
        if text.drop(while: \.isWhitespace).hasPrefix("<think>") {
            guard let end = text.firstRange(of: "</think>") else { return nil }
            rest = text[end.upperBound...].drop(while: \.isWhitespace)
        }
        let cut = stops.compactMap { rest.firstRange(of: $0)?.lowerBound }.min()
        return (String(rest[..<(cut ?? rest.endIndex)]), cut != nil)
    }
}
