import Swiftlet

/// Fills a form from a letter: `form MODEL TEXT`.
func formFiller(_ model: any ChatModel, _ arguments: [String]) async throws {
    struct Booking: Codable, Sendable {
        enum Room: String, Codable, CaseIterable, Sendable { case single, double, suite }
        var name: String
        var nights: Int
        var room: Room
        var wish: String?
    }
    // The tool's schema is made of the type; the model is held to it.
    let book = try AgentTool(
        "book", "Books a room.", arguments: Booking.self,
        hints: ["wish": "What else the guest asks for"]
    ) { booking in
        "Booked: a \(booking.room.rawValue) room for \(booking.name), \(booking.nights) nights. \(booking.wish ?? "")"
    }
    var options = ChatOptions(temperature: 0, maximumTokens: 200)
    (options.tools, options.mustCallTool) = ([book.description], true)
    let answer = try await model.answer(
        [.user("Book what this letter asks for:\n\(arguments[0])")], options)
    for call in answer.toolCalls { print(try await book.call(call.arguments)) }
}
