/// A piece of an answer, as it arrives.
enum AnswerPart: Sendable, Hashable {
    case text(String)
    case reasoning(String)
    case call(index: Int, id: String, name: String)
    case arguments(index: Int, String)
}
struct ToolCall: Sendable, Hashable {
    var id: String
    var name: String
    var arguments: String
}
struct AnswerContents: Sendable, Hashable {
    var text = ""
    var reasoning = ""
    var calls: [ToolCall] = []
    mutating func append(_ part: AnswerPart) {
        switch part {
        case .text(let piece): text += piece
        case .reasoning(let piece): reasoning += piece
        case .call(_, let id, let name): calls.append(ToolCall(id: id, name: name, arguments: ""))
        case .arguments(let index, let piece): if calls.indices.contains(index) { calls[index].arguments += piece }
        }
    }
}
