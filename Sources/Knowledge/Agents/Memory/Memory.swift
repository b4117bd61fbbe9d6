import JSONValues
import Vectors

/// What a model is told of the conversation so far.
///
/// ```swift
/// import Swiftlet
///
/// let memory = Memory(.window(turns: 4), store: try MemoryStore(path: "talk.sqlite"), conversation: "anna")
/// let question = "What did I say about the garden?"
/// let answer = try await model.answer(try await memory.recall(for: question) + [.user(question)])
/// try await memory.remember(user: question, assistant: answer.text)
/// ```
public actor Memory {
    /// What is told.
    public enum Kind: Sendable {
        /// Everything.
        case buffer
        /// The last turns of the user, and their answers.
        case window(turns: Int)
        /// The last turns within a number of the model's tokens.
        case tokenBuffer(tokens: Int, any ChatModel)
        /// A summary that a model keeps.
        case summary(any ChatModel)
        /// The last turns within a number of tokens, and a summary of what was before.
        case summaryBuffer(tokens: Int, any ChatModel)
        /// What a model noted about the people and things that are named, and the last turn.
        case entities(any ChatModel)
        /// The earlier turns that are most like what is said now, and the last turn.
        case vectors(count: Int, any TextVectors)
    }

    private let kind: Kind
    private let store: MemoryStore
    private let conversation: String

    private static let summaryNote = "summary"
    private static let countNote = "summarized"

    /// Makes a memory of one conversation in a store.
    public init(_ kind: Kind, store: MemoryStore, conversation: String = "default") {
        (self.kind, self.store, self.conversation) = (kind, store, conversation)
    }

    /// What to tell a model before the user's next turn.
    public func recall(for input: String) async throws -> [ChatMessage] {
        let turns = try store.turns(of: conversation)
        switch kind {
        case .buffer: return turns
        case .window(let count): return Self.last(count, of: turns)
        case .tokenBuffer(let tokens, let model): return Self.within(tokens, turns, model)
        case .summary: return try summary().map { [.system("The conversation so far: \($0)")] } ?? []
        case .summaryBuffer(let tokens, let model):
            let told = try summary().map { [ChatMessage.system("The conversation before: \($0)")] } ?? []
            return told + Self.within(tokens, Array(turns.dropFirst(try summarized())), model)
        case .entities:
            let facts = try store.notes(of: conversation).filter {
                input.lowercased().contains($0.name.lowercased())
            }
            let told = facts.map { "\($0.name): \($0.text)" }.joined(separator: "\n")
            return (told.isEmpty ? [] : [.system("What is known:\n\(told)")]) + Self.last(1, of: turns)
        case .vectors(let count, let encoder): return try await similar(turns, input, count, encoder)
        }
    }

    /// Keeps a turn and its answer.
    public func remember(user: String, assistant: String) async throws {
        let turn: [ChatMessage] = [.user(user), .assistant(assistant)]
        switch kind {
        case .summary(let model):
            try store.append(turn, to: conversation)
            try store.note(Self.summaryNote, try await summary(with: turn, model), of: conversation)
        case .summaryBuffer(let tokens, let model):
            try store.append(turn, to: conversation)
            try await shorten(tokens, model)
        case .entities(let model):
            try store.append(turn, to: conversation)
            try await noteEntities(turn, model)
        default: try store.append(turn, to: conversation)
        }
    }

    /// Forgets the conversation.
    public func forget() throws { try store.remove(conversation) }

    private static func last(_ count: Int, of turns: [ChatMessage]) -> [ChatMessage] {
        let starts = turns.indices.filter { turns[$0].role == .user }
        guard count > 0, starts.count > count else { return count > 0 ? turns : [] }
        return Array(turns[starts[starts.count - count]...])
    }

    private static func within(_ tokens: Int, _ turns: [ChatMessage], _ model: any ChatModel) -> [ChatMessage] {
        var (left, start) = (tokens, turns.count)
        while start > 0 {
            left -= model.tokenCount(of: turns[start - 1].text)
            if left < 0 { break }
            start -= 1
        }
        // An answer without its question says little.
        while start < turns.count, turns[start].role != .user { start += 1 }
        return Array(turns[start...])
    }

    private func summary() throws -> String? { try note(Self.summaryNote) }

    private func note(_ name: String) throws -> String? {
        try store.notes(of: conversation).first { $0.name == name }?.text
    }

    /// How many messages the summary holds.
    private func summarized() throws -> Int { try note(Self.countNote).flatMap { Int($0) } ?? 0 }

    private func summary(with turns: [ChatMessage], _ model: any ChatModel) async throws -> String {
        let lines = turns.map { "\($0.role.rawValue): \($0.text)" }.joined(separator: "\n")
        return try await model.answer([
            .system(
                "You keep the summary of a conversation. Put what is new into it; keep names, numbers and decisions. "
                    + "Say only the new summary, in a few sentences."),
            .user(
                "The summary so far:\n\(Quoting.quoted(try summary() ?? "(nothing)"))\n\nNew:\n\(Quoting.quoted(lines))"
            ),
        ]).text
    }

    /// Moves turns that no longer fit into the summary.
    private func shorten(_ tokens: Int, _ model: any ChatModel) async throws {
        let done = try summarized()
        let open = Array(try store.turns(of: conversation).dropFirst(done))
        let kept = Self.within(tokens, open, model)
        let moved = Array(open.prefix(open.count - kept.count))
        guard !moved.isEmpty else { return }
        let text = try await summary(with: moved, model)
        try store.note(Self.summaryNote, text, of: conversation)
        try store.note(Self.countNote, String(done + moved.count), of: conversation)
    }

    private struct Facts: Decodable, Sendable {
        struct Fact: Decodable, Sendable {
            var name: String
            var fact: String
        }

        var facts: [Fact]
    }

    private func noteEntities(_ turn: [ChatMessage], _ model: any ChatModel) async throws {
        let schema: JSON = [
            "type": "object",
            "properties": [
                "facts": [
                    "type": "array",
                    "items": [
                        "type": "object",
                        "properties": ["name": ["type": "string"], "fact": ["type": "string"]],
                        "required": ["name", "fact"], "additionalProperties": false,
                    ],
                ]
            ],
            "required": ["facts"], "additionalProperties": false,
        ]
        let lines = turn.map { "\($0.role.rawValue): \($0.text)" }.joined(separator: "\n")
        let found = try await model.value(
            Facts.self,
            [
                .system("List what the conversation says about people, places and things: a name and one fact each."),
                .user(Quoting.quoted(lines)),
            ], schema: schema)
        for fact in found.facts where !fact.name.isEmpty {
            let before = try note(fact.name)
            let text = before.map { $0.contains(fact.fact) ? $0 : "\($0) \(fact.fact)" } ?? fact.fact
            try store.note(fact.name, text, of: conversation)
        }
    }

    private func similar(
        _ turns: [ChatMessage], _ input: String, _ count: Int, _ encoder: any TextVectors
    ) async throws -> [ChatMessage] {
        let starts = turns.indices.filter { turns[$0].role == .user }
        let exchanges = starts.enumerated().map { place, start in
            Array(turns[start..<(place + 1 < starts.count ? starts[place + 1] : turns.count)])
        }
        guard exchanges.count > 1 else { return turns }
        let texts = exchanges.dropLast().map { $0.map(\.text).joined(separator: "\n") }
        var vectors = try await encoder.vectors(of: texts + [input])
        guard let query = vectors.popLast(), vectors.count == texts.count else { return exchanges.last ?? [] }
        let chosen = MarginalRelevance.choose(query, from: vectors, count: count, lambda: 1).sorted()
        return chosen.flatMap { exchanges[$0] } + (exchanges.last ?? [])
    }
}
