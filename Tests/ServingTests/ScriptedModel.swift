import Constraints
import Decoding
import Inference
import JSONValues
import ModelStore
import Serving
import Synchronization

/// A model whose tokens are bytes and whose answers are written down: what the server does with it can be predicted.
///
/// Token 256 ends an answer. Every token has the log-probability -0.25, and the next byte value with -1.5 beside it.
final class ScriptedModel: ServedModel {
    /// What to answer to a prompt.
    struct Answer {
        var text: String
        /// Milliseconds before each token.
        var delay = 0
        /// Breaks off with an error after the text.
        var fails = false
    }

    struct Broken: Error, CustomStringConvertible {
        let description = "the script says so"
    }

    let id: String
    let created = 1_700_000_000
    let contextLength = 4096
    let vocabularySize = 257
    let defaultSampling = SamplingParameters()
    /// All requests so far.
    let requests = Mutex<[GenerationRequest]>([])
    var all: [GenerationRequest] { requests.withLock(\.self) }
    /// The prompts of all requests so far, as text.
    var prompts: [String] { all.map { decode($0.prompt, skipSpecialTokens: false) } }
    /// How many generations were stopped before their end.
    let cancellations = Atomic(0)
    private let answer: @Sendable (String) -> Answer

    /// Whether it refuses whatever comes.
    private let isBusy: Bool

    let chatTemplateSource: String?
    let identity: String?
    let settings: ModelSettings?

    private let beforeEncoding: @Sendable (String) -> Void

    init(
        id: String = "scripted", isBusy: Bool = false, template: String? = nil, identity: String? = nil,
        settings: ModelSettings? = nil,
        beforeEncoding: @escaping @Sendable (String) -> Void = { _ in },
        answer: @escaping @Sendable (String) -> Answer
    ) {
        chatTemplateSource = template
        (self.identity, self.settings) = (identity, settings)
        self.beforeEncoding = beforeEncoding
        self.id = id
        self.isBusy = isBusy
        self.answer = answer
    }

    func encode(_ text: String, addSpecialTokens: Bool, parseSpecialTokens: Bool) -> [Int32] {
        beforeEncoding(text)
        return text.utf8.map(Int32.init)
    }

    func decode(_ tokens: [Int32], skipSpecialTokens: Bool) -> String {
        String(decoding: tokens.flatMap(bytes(of:)), as: UTF8.self)
    }

    func bytes(of token: Int32) -> [UInt8] { token < 256 ? [UInt8(token)] : [] }

    func render(messages: [JSON], tools: [JSON]?, addGenerationPrompt: Bool, extra: JSON.Object) throws -> String {
        var text = tools.map { "tools:\($0.count)\n" } ?? ""
        for message in messages {
            if message["content"] == "refuse" { throw Broken() }
            let parts = message["content"]?.arrayValue?.compactMap { $0["text"]?.stringValue }
            let content = message["content"]?.stringValue ?? parts?.joined(separator: "+") ?? ""
            text += "\(message["role"]?.stringValue ?? ""):\(content)\n"
        }
        return text + (addGenerationPrompt ? "assistant:" : "")
    }

    func prompt(
        for messages: [JSON], tools: [JSON]?, addGenerationPrompt: Bool, extra: JSON.Object
    ) throws -> [Int32] {
        encode(
            try render(messages: messages, tools: tools, addGenerationPrompt: addGenerationPrompt, extra: extra),
            addSpecialTokens: false, parseSpecialTokens: true)
    }

    func constraint(for grammar: Grammar) throws -> Constraint {
        try Constraint(
            grammar, TokenTrie(tokens: (0...256).map { $0 < 256 ? [UInt8($0)] : [] }, endTokens: [256]))
    }

    func generate(_ requests: [GenerationRequest]) throws -> AsyncThrowingStream<AnswerEvent, any Error> {
        if isBusy { throw EngineError.busy(waiting: 7, limit: 8) }
        self.requests.withLock { $0 += requests }
        return AsyncThrowingStream { continuation in
            let work = Task {
                do {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for (index, request) in requests.enumerated() {
                            group.addTask {
                                do {
                                    try await self.run(request) {
                                        continuation.yield(AnswerEvent(index: index, event: $0))
                                    }
                                } catch {
                                    if error is CancellationError { self.cancellations.add(1, ordering: .relaxed) }
                                    throw error
                                }
                            }
                        }
                        try await group.waitForAll()
                    }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in work.cancel() }
        }
    }

    private func run(_ request: GenerationRequest, yield: (GenerationEvent) -> Void) async throws {
        let script = answer(decode(request.prompt, skipSpecialTokens: false))
        let scores = request.prompt.enumerated().map { score($1, in: request, isFirst: $0 == 0) }
        yield(.prompt(request.scoresPrompt ? scores : []))
        var text = script.text
        var stopString: String?
        for stop in request.stopStrings {
            guard let range = text.firstRange(of: stop) else { continue }
            (text, stopString) = (String(text[..<range.lowerBound]), stop)
        }
        var pending: [UInt8] = []
        var count = 0
        let tokens = text.utf8.map(Int32.init) + (script.fails ? [] : [256])
        for token in tokens.prefix(request.maximumTokens ?? .max) {
            if script.delay > 0 { try await Task.sleep(for: .milliseconds(script.delay)) }
            try Task.checkCancellation()
            pending += bytes(of: token)
            let whole = String(validating: pending, as: UTF8.self)
            if whole != nil { pending = [] }
            yield(
                .token(
                    GeneratedToken(
                        id: token, text: whole ?? "",
                        score: request.logProbabilities == nil ? nil : score(token, in: request, isFirst: false))))
            count += 1
        }
        if script.fails { throw Broken() }
        yield(
            .finished(
                Completion(
                    finishReason: count < tokens.count ? .length : .stop, stopString: stopString, trailingText: "",
                    promptTokens: request.prompt.count, cachedTokens: 2, completionTokens: count, promptSeconds: 0.5,
                    completionSeconds: 0.25)))
    }

    private func score(_ token: Int32, in request: GenerationRequest, isFirst: Bool) -> TokenScore {
        let best = [
            TokenScore.Alternative(id: token, logProbability: -0.25),
            TokenScore.Alternative(id: (token + 1) % 256, logProbability: -1.5),
        ]
        return TokenScore(
            id: token, logProbability: isFirst ? nil : -0.25,
            alternatives: isFirst ? [] : Array(best.prefix(request.logProbabilities ?? 0)))
    }
}
