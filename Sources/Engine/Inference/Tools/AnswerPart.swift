/// A piece of an answer, as it arrives.
public enum AnswerPart: Sendable, Hashable {
    /// Text for the reader.
    case text(String)
    /// What the model thinks before it answers.
    case reasoning(String)
    /// A call begins; calls count from 0.
    case call(index: Int, id: String, name: String)
    /// More of a call's arguments: all pieces together are a JSON object.
    case arguments(index: Int, String)
}

/// An answer put together from its parts.
public struct AnswerContents: Sendable, Hashable {
    /// Text for the reader.
    public var text = ""
    /// What the model thought before it answered.
    public var reasoning = ""
    /// The calls in their order.
    public var calls: [ToolCall] = []

    /// Makes an empty answer.
    public init() {}

    /// Adds what came next.
    public mutating func append(_ part: AnswerPart) {
        switch part {
        case .text(let piece): text += piece
        case .reasoning(let piece): reasoning += piece
        case .call(_, let id, let name): calls.append(ToolCall(id: id, name: name, arguments: ""))
        case .arguments(let index, let piece):
            if calls.indices.contains(index) { calls[index].arguments += piece }
        }
    }
}
