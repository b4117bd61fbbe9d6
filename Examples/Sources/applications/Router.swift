import Swiftlet

/// Sends a customer's words to the one who answers them: `router MODEL TEXT`.
func supportRouter(_ model: any ChatModel, _ arguments: [String]) async throws {
    func desk(_ name: String) -> Chain<String, String> {
        Chain(name) { text in
            let told = "You work at the \(name) desk of a shop. Answer in one or two friendly sentences."
            let answer = try await model.answer(
                [.system(told), .user(text)], ChatOptions(maximumTokens: 80))
            return "[\(name)] \(answer.text)"
        }
    }
    struct Choice: Decodable, Sendable { var desk: String }
    let desks = ["refunds", "delivery", "advice"]
    let schema: JSON = [
        "type": "object", "properties": ["desk": ["enum": .array(desks.map(JSON.string))]],
        "required": ["desk"],
        "additionalProperties": false,
    ]
    let routes = Dictionary(uniqueKeysWithValues: desks.map { ($0, desk($0)) })
    let router = Chain.route("support", routes, fallback: desk("advice")) { text in
        let question = "Which desk is this for: \(desks.joined(separator: ", "))?\n\n\(text)"
        return try await model.value(Choice.self, [.user(question)], schema: schema).desk
    }
    // What identifies the customer stays here.
    let masked = PersonalData().mask(arguments[0])
    print(masked.restored(in: try await router.run(masked.text)))
}
