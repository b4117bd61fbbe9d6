import Hummingbird
import Inference
import JSONValues

/// How the answers to a checked request are written, in the wire format in which it came: in one piece, or as they come.
protocol GenerationReply: Sendable {
    /// How streamed pieces follow each other.
    static var form: StreamForm { get }
    /// How errors are written.
    static var errors: ErrorShape { get }

    /// The reply in one piece; there is an answer for each request.
    func whole(_ answers: [Answer]) throws -> JSON
    /// What a stream begins with, before anything is generated.
    mutating func opening() -> [StreamMessage]
    /// What is sent for an event.
    mutating func messages(for next: AnswerEvent) throws -> [StreamMessage]
    /// What a stream ends with.
    mutating func closing() -> [StreamMessage]
}

extension GenerationReply {
    static var form: StreamForm { .events }
    func opening() -> [StreamMessage] { [] }
    func closing() -> [StreamMessage] { [] }

    /// Lets a model work on the requests as their options say.
    func respond(
        with model: any ServedModel, to requests: [GenerationRequest], _ options: GenerationOptions,
        prompts: [[Int32]], context: some RequestContext
    ) async throws -> Response {
        if let beams = options.beams {
            return Response(
                json: try whole(
                    try await answers(of: model, searching: beams, for: prompts, options.answersPerPrompt)))
        }
        guard options.bestOf > options.answersPerPrompt else {
            return try await respond(with: model, to: requests, streams: options.streams, context: context)
        }
        return try await Peer.whileThere {
            let answers = try await model.generate(requests).complete(requests.count)
            return Response(json: try whole(answers.best(options.answersPerPrompt, ofEach: options.bestOf)))
        }
    }

    /// Lets a model work on the requests and writes what it answers. What cannot be worked on is refused before a stream begins.
    func respond(
        with model: any ServedModel, to requests: [GenerationRequest], streams: Bool, context: some RequestContext
    ) async throws -> Response {
        try await respond(with: model.generate(requests), requests.count, streams: streams, context: context)
    }

    /// Writes so many answers as their events come.
    func respond(
        with answers: AsyncThrowingStream<AnswerEvent, any Error>, _ count: Int, streams: Bool,
        context: some RequestContext
    ) async throws -> Response {
        guard streams else {
            return try await Peer.whileThere {
                Response(json: try whole(try await answers.complete(count)))
            }
        }
        return Response.messages(Self.form, context: context, failure: Self.failure) { writer in
            var reply = self
            try await writer.send(reply.opening())
            for try await next in answers { try await writer.send(try reply.messages(for: next)) }
            try Task.checkCancellation()
            try await writer.send(reply.closing())
        }
    }

    /// What a stream ends with that has failed.
    private static func failure(_ error: APIError) -> StreamMessage {
        StreamMessage(errors.json(error), event: errors == .anthropic ? "error" : nil)
    }
}
