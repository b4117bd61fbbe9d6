import Decoding
import Inference
import Platform

/// Asks a model in one question's service, and adds up what that takes.
struct ModelCalls {
    let model: any AnswerModel
    let sampling: SamplingParameters
    /// How many times it was asked.
    private(set) var count = 0
    /// Tokens of all prompts, and of all answers.
    private(set) var (promptTokens, completionTokens) = (0, 0)

    init(_ model: any AnswerModel, sampling: SamplingParameters) { (self.model, self.sampling) = (model, sampling) }

    /// Asks the model; returns its answer, which also goes to `onText` as it comes, as long as that wants more.
    @discardableResult mutating func ask(
        _ message: String, instructions: String, maximumTokens: Int, onText: (String) -> Bool = { _ in true }
    ) async throws -> String {
        let prompt = try model.prompt(instructions: instructions, message: message)
        let request = GenerationRequest(prompt: prompt, sampling: sampling, maximumTokens: maximumTokens)
        count += 1
        promptTokens += prompt.count
        var text = ""
        for try await event in try model.answer(request) {
            switch event {
            case .prompt: break
            case .token(let token):
                completionTokens += 1
                text += token.text
                if !onText(token.text) { return text }
            case .finished(let completion):
                text += completion.trailingText
                _ = onText(completion.trailingText)
            }
        }
        try Task.checkCancellation()
        return text
    }

    /// How likely the model's first word to each of several messages is yes and not no, from 0 to 1; 0.5 if it is neither. All
    /// are asked at once.
    mutating func likelihoodsOfYes(_ messages: [String], instructions: String) async throws -> [Float] {
        let requests = try messages.map { message in
            var request = GenerationRequest(
                prompt: try model.prompt(instructions: instructions, message: message), sampling: sampling,
                maximumTokens: 1)
            request.logProbabilities = 20
            return request
        }
        count += requests.count
        promptTokens += requests.reduce(0) { $0 + $1.prompt.count }
        completionTokens += requests.count
        return try await Self.likelihoodsOfYes(requests, model)
    }

    private static func likelihoodsOfYes(
        _ requests: [GenerationRequest], _ model: any AnswerModel
    ) async throws -> [Float] {
        try await withThrowingTaskGroup(of: (place: Int, likelihood: Float).self) { group in
            for (place, request) in requests.enumerated() {
                group.addTask { (place, try await likelihoodOfYes(request, model)) }
            }
            var likelihoods = [Float](repeating: 0.5, count: requests.count)
            for try await answer in group { likelihoods[answer.place] = answer.likelihood }
            return likelihoods
        }
    }

    private static func likelihoodOfYes(_ request: GenerationRequest, _ model: any AnswerModel) async throws -> Float {
        var (yes, no): (Float, Float) = (0, 0)
        for try await event in try model.answer(request) {
            guard case .token(let token) = event, let score = token.score else { continue }
            for alternative in score.alternatives {
                let word = model.text(of: alternative.id).lowercased().filter(\.isLetter)
                if word == "yes" { yes += expf(alternative.logProbability) }
                if word == "no" { no += expf(alternative.logProbability) }
            }
        }
        return yes + no > 0 ? yes / (yes + no) : 0.5
    }
}
