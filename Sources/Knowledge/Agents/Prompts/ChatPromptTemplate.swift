public import JSONValues

/// A conversation with holes.
public struct ChatPromptTemplate: Sendable, Hashable {
    /// A turn of it.
    public enum Part: Sendable, Hashable {
        /// A turn that is rendered.
        case turn(ChatMessage.Role, PromptTemplate)
        /// The conversation so far.
        case history
    }

    /// The turns.
    public var parts: [Part]

    /// Makes a template of turns.
    public init(_ parts: [Part]) { self.parts = parts }

    /// Makes a template of instructions and what the user says, with the conversation so far between them.
    public init(system: PromptTemplate?, user: PromptTemplate) {
        parts = (system.map { [.turn(.system, $0)] } ?? []) + [.history, .turn(.user, user)]
    }

    /// The holes that are still empty.
    public var holes: [String] {
        var names: [String] = []
        for case .turn(_, let template) in parts {
            for name in template.holes where !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// The conversation with all holes filled.
    public func render(_ values: [String: JSON], history: [ChatMessage] = []) throws(PromptError) -> [ChatMessage] {
        var messages: [ChatMessage] = []
        for part in parts {
            switch part {
            case .turn(let role, let template): messages.append(ChatMessage(role, try template.render(values)))
            case .history: messages += history
            }
        }
        return messages
    }
}
