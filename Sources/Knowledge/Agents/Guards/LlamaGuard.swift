/// Asks a model of the Llama Guard family whether a conversation is safe, in the format that such models were trained on.
public struct LlamaGuard: Sendable {
    /// What may be wrong with a text, by Llama Guard 3's numbers (MLCommons' taxonomy).
    public static let categories: [String: String] = [
        "S1": "Violent Crimes", "S2": "Non-Violent Crimes", "S3": "Sex-Related Crimes",
        "S4": "Child Sexual Exploitation",
        "S5": "Defamation", "S6": "Specialized Advice", "S7": "Privacy", "S8": "Intellectual Property",
        "S9": "Indiscriminate Weapons", "S10": "Hate", "S11": "Suicide & Self-Harm", "S12": "Sexual Content",
        "S13": "Elections", "S14": "Code Interpreter Abuse",
    ]

    /// What was found.
    public struct Verdict: Sendable, Hashable {
        /// Whether nothing is wrong.
        public var isSafe: Bool
        /// The categories that are violated.
        public var categories: [String]
    }

    private let model: any ChatModel
    private let allowed: [String: String]

    /// Asks a model; `categories` are those that count.
    public init(_ model: any ChatModel, categories: [String: String] = LlamaGuard.categories) {
        (self.model, allowed) = (model, categories)
    }

    /// The prompt for the last turn of a conversation.
    public func prompt(_ conversation: [ChatMessage]) -> String {
        let role = conversation.last?.role == .assistant ? "Agent" : "User"
        let list = allowed.sorted { Int($0.key.dropFirst()) ?? 0 < Int($1.key.dropFirst()) ?? 0 }
            .map { "\($0.key): \($0.value)." }.joined(separator: "\n")
        let turns = conversation.filter { $0.role == .user || $0.role == .assistant }
            .map { "\($0.role == .assistant ? "Agent" : "User"): \($0.text)" }.joined(separator: "\n\n")
        return """
            Task: Check if there is unsafe content in '\(role)' messages in conversations according to our safety policy with \
            the below categories.

            <BEGIN UNSAFE CONTENT CATEGORIES>

            \(list)

            <END UNSAFE CONTENT CATEGORIES>

            <BEGIN CONVERSATION>

            \(turns)

            <END CONVERSATION>

            Provide your safety assessment for ONLY THE LAST \(role) message in the above conversation:
             - First line must read 'safe' or 'unsafe'.
             - If unsafe, a second line must include a comma-separated list of violated categories.
            """
    }

    /// What the model says to the last turn of a conversation.
    ///
    /// - Throws: `ModelError.malformed` for an answer that is neither safe nor unsafe.
    public func verdict(_ conversation: [ChatMessage]) async throws -> Verdict {
        let answer = try await model.answer(
            prompt(conversation), ChatOptions(temperature: 0, maximumTokens: 100))
        let lines = answer.split(whereSeparator: \.isNewline).map { $0.trimmed }.filter { !$0.isEmpty }
        switch lines.first?.lowercased() {
        case "safe": return Verdict(isSafe: true, categories: [])
        case "unsafe":
            let found = lines.dropFirst().joined(separator: ",").split(separator: ",").map { $0.trimmed }
            return Verdict(isSafe: false, categories: found)
        default:
            throw ModelError.malformed(model: model.name, answer: answer, reason: "it says neither safe nor unsafe")
        }
    }
}
