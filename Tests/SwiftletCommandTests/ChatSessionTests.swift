import Constraints
import Decoding
import Foundation
import Inference
import Synchronization
import Testing

@testable import SwiftletCommand

/// A model without weights: a token is a byte, and it answers with what `reply` says.
struct FakeModel: TextModel {
    func constraint(for grammar: Grammar) throws -> Constraint {
        throw ConstraintError.unsatisfiable("there are no weights here")
    }

    let vocabularySize = 1000
    var name = "fake"
    var contextLength = 200
    var defaultSampling = SamplingParameters()
    var hasChatTemplate = true
    var reply = "Hello."
    /// Ends the stream by an error after the reply.
    var failure: CommandError?

    func encode(_ text: String, addSpecialTokens: Bool, parseSpecialTokens: Bool) -> [Int32] {
        text.utf8.map(Int32.init)
    }

    func piece(of token: Int32) -> String { String(Unicode.Scalar(UInt8(token))) }

    func prompt(for messages: [Conversation.Message]) -> [Int32] {
        messages.flatMap { encode("\($0.role):\($0.content)\n", addSpecialTokens: false, parseSpecialTokens: false) }
    }

    func generate(_ request: GenerationRequest) -> AsyncThrowingStream<GenerationEvent, any Error> {
        AsyncThrowingStream { continuation in
            continuation.yield(
                .prompt(
                    request.prompt.enumerated().map { index, id in
                        TokenScore(id: id, logProbability: index == 0 ? nil : -Float(index), alternatives: [])
                    }))
            let tokens = Array(reply.utf8).prefix(request.maximumTokens ?? .max)
            for byte in tokens {
                continuation.yield(
                    .token(GeneratedToken(id: Int32(byte), text: String(Unicode.Scalar(byte)), score: nil)))
            }
            continuation.yield(
                .finished(
                    Completion(
                        finishReason: tokens.count < reply.utf8.count ? .length : .stop, trailingText: "",
                        promptTokens: request.prompt.count, cachedTokens: 0, completionTokens: tokens.count,
                        promptSeconds: 1, completionSeconds: 1)))
            continuation.finish(throwing: failure)
        }
    }
}

@Suite struct ChatSessionTests {
    final class Log: Sendable {
        let text = Mutex("")
        func add(_ more: String) { text.withLock { $0 += more } }
        var value: String { text.withLock { $0 } }
    }

    private func session(_ model: FakeModel = FakeModel()) -> (session: ChatSession, output: Log, notices: Log) {
        let (output, notices) = (Log(), Log())
        let session = ChatSession(
            model: model, conversation: Conversation(), sampling: SamplingParameters(), output: { output.add($0) },
            notice: { notices.add($0 + "\n") })
        return (session, output, notices)
    }

    @Test func `an answer is streamed and remembered`() async throws {
        var (session, output, notices) = session()
        #expect(try await session.take("Hi"))
        #expect(output.value == "Hello.\n" && notices.value.isEmpty)
        #expect(session.conversation.turns.map(\.content) == ["Hi", "Hello."])
        #expect(try await session.take("/retry"))
        #expect(session.conversation.turns.map(\.content) == ["Hi", "Hello."])
        #expect(try await session.take("/bye") == false)
    }

    @Test func `a conversation longer than the context is told and not cut`() async throws {
        var (session, output, notices) = session()
        #expect(try await session.take("Hi"))
        #expect(try await session.take(String(repeating: "x", count: 300)))
        #expect(notices.value.contains("331 tokens") && notices.value.contains("200"))
        #expect(session.conversation.turns.map(\.content) == ["Hi", "Hello."] && output.value == "Hello.\n")
    }

    @Test func `settings and mistakes`() async throws {
        var (session, _, notices) = session()
        for line in ["/set temperature 0.3", "/set max-tokens 2", "/set verbose", "/system Be brief.", "Hi"] {
            #expect(try await session.take(line))
        }
        #expect(session.sampling.temperature == 0.3 && session.conversation.system == "Be brief.")
        #expect(session.conversation.turns.last?.content == "He")
        #expect(notices.value.contains("max-tokens is reached") && notices.value.contains("answer 2 tokens"))
        for line in ["/set temperature hot", "/nothing", "/load /nonexistent", "/set max-tokens 0"] {
            let before = notices.value
            #expect(try await session.take(line))
            #expect(notices.value.dropFirst(before.count).hasPrefix("error: "), "\(line)")
        }
    }

    /// A disk that is full is no mistake to go on after.
    @Test func `output that cannot be written ends the conversation`() async {
        var session = ChatSession(
            model: FakeModel(), conversation: Conversation(), sampling: SamplingParameters(),
            output: { _ in throw OutputError(code: 28) }, notice: { _ in })
        await #expect(throws: OutputError.self) { try await session.take("Hi") }
    }

    @Test func `a failure keeps what was said, or takes the question back`() async throws {
        var (said, _, notices) = session(FakeModel(failure: CommandError("broken")))
        #expect(try await said.take("Hi"))
        #expect(said.conversation.turns.count == 2 && notices.value.contains("error: broken"))
        var (silent, _, _) = session(FakeModel(reply: "", failure: CommandError("broken")))
        #expect(try await silent.take("Hi"))
        #expect(silent.conversation.turns.isEmpty)
    }

    @Test func `perplexity scores the second half`() async throws {
        var measure = Perplexity()
        try await measure.add([1, 2, 3, 4, 5, 6], model: FakeModel())
        #expect(measure.count == 2)
        #expect(abs(measure.value - exp(4.5)) < 1e-9)
        #expect(abs(measure.standardError - exp(4.5) * 0.5) < 1e-9)
    }

    @Test func `speed of several texts counts what they all have after the last has begun`() {
        let race = Race(sequences: 2, tokens: 2)
        let start = ContinuousClock.now
        func isOver(_ sequence: Int, _ seconds: Double) -> Bool {
            race.isOver(
                after: GeneratedToken(id: 0, text: "", score: nil, time: start + .seconds(seconds)), of: sequence)
        }
        #expect(!isOver(0, 0) && !isOver(0, 1) && race.tokensPerSecond == nil)
        #expect(!isOver(1, 2) && !isOver(0, 2) && !isOver(0, 3) && !isOver(1, 3))
        #expect(isOver(1, 4) && isOver(0, 4))
        // Two tokens at 3 seconds; of those at 4 one text's came after the end.
        #expect(race.tokensPerSecond == 2)
    }

    @Test func `what is benchmarked follows from the options`() throws {
        func tests(_ arguments: String...) throws -> [BenchTest] { try BenchCommand.parse(["m"] + arguments).tests }
        #expect(try tests() == [.text(prompt: 512, generated: 64)])
        #expect(try tests("-p", "0", "-n", "8") == [.depth(1, generated: 8)])
        #expect(
            try tests("-p", "4,5", "-n", "8", "--depth", "9", "--sequences", "2,3") == [
                .text(prompt: 4, generated: 8), .text(prompt: 5, generated: 8), .depth(9, generated: 8),
                .sequences(2, depth: 9, generated: 8), .sequences(3, depth: 9, generated: 8),
            ])
        #expect(throws: (any Error).self) { try tests("-p", "4,,5") }
        #expect(throws: (any Error).self) { try tests("--sequences", "0") }
    }

    @Test func `median and bounds`() {
        #expect(Spread([3, 1, 2]).median == 2 && Spread([4, 1, 2, 3]).median == 2.5 && Spread([]).median == 0)
        #expect(Spread([3, 1, 2]).minimum == 1 && Spread([3, 1, 2]).maximum == 3)
    }
}
