import JSONValues
import Templating

/// Turns conversations into texts by a model's chat template, and finds in them what a model would have to write.
///
/// A turn is learned from where the prompt of an inference would end: the template renders the turns before it with the
/// generation prompt, and that text must be what the whole conversation begins with. If it is not, the model would be
/// trained on another text than it is asked with later, and the record is refused.
struct ChatRenderer {
    let template: ChatTemplate

    func text(
        of messages: [TrainingMessage], weights: [Float], ends: DatasetRecipe.EndLearning, tools: [JSON]?, place: String
    ) throws(TrainingError) -> SampleText {
        let all = messages.map(\.json)
        let whole = try render(all, tools, isPrompt: false, place, turn: nil)
        var sample = SampleText(whole.text, plain: whole.inputs, place: place)
        let last = weights.lastIndex { $0 != 0 }
        for (index, message) in messages.enumerated() where weights[index] != 0 {
            let isAnswer = message.role == "assistant"
            let start = try beginning(of: index, isAnswer: isAnswer, all, tools, in: whole.text, place)
            let end = try end(of: index, all, tools, in: whole.text, place)
            guard end ?? .max > start else {
                throw disagreement(place, turn: index + 1, "writes nothing for it")
            }
            let endWeight: Float =
                switch ends {
                case .all, .turn: weights[index]
                case .last: index == last ? weights[index] : 0
                case .none: 0
                }
            sample.learned.append(
                SampleText.Span(
                    range: start..<(end ?? whole.text.utf8.count), weight: weights[index], endWeight: endWeight,
                    stopsAtEnd: true, isEndKnown: end != nil, turn: index + 1))
        }
        sample.learnsAllEnds = ends == .all
        return sample
    }

    /// The byte of `whole` at which a turn begins.
    private func beginning(
        of index: Int, isAnswer: Bool, _ messages: [JSON], _ tools: [JSON]?, in whole: String, _ place: String
    ) throws(TrainingError) -> Int {
        // Most templates want a user to speak first; what begins the text is not learned.
        if index == 0, !isAnswer { return 0 }
        let prompt = try render(Array(messages[..<index]), tools, isPrompt: isAnswer, place, turn: index + 1).text
        guard whole.utf8.starts(with: prompt.utf8) else {
            let shared = zip(whole.utf8, prompt.utf8).prefix { $0 == $1 }.count
            throw disagreement(
                place, turn: index + 1,
                "writes the turns before it differently once it is there (from byte \(shared) on: "
                    + "\(Self.excerpt(prompt, at: shared)) became \(Self.excerpt(whole, at: shared)))")
        }
        return prompt.utf8.count
    }

    /// The byte of `whole` at which a turn ends, if the template writes it as if it were the last one.
    private func end(
        of index: Int, _ messages: [JSON], _ tools: [JSON]?, in whole: String, _ place: String
    ) throws(TrainingError) -> Int? {
        if index == messages.count - 1 { return whole.utf8.count }
        let text = try render(Array(messages[...index]), tools, isPrompt: false, place, turn: index + 1).text
        return whole.utf8.starts(with: text.utf8) ? text.utf8.count : nil
    }

    private func render(
        _ messages: [JSON], _ tools: [JSON]?, isPrompt: Bool, _ place: String, turn: Int?
    ) throws(TrainingError) -> MarkedText {
        do {
            return try template.renderMarked(messages: messages, tools: tools, addGenerationPrompt: isPrompt)
        } catch {
            let which = turn.map { "the turns before turn \($0)" } ?? "the conversation"
            throw TrainingError(
                .data, at: place, "the chat template refuses \(which): \(error)",
                remedy:
                    "mend the record, choose another chat_template, or leave such records out with faulty_records: drop"
            )
        }
    }

    private func disagreement(_ place: String, turn: Int, _ reason: String) -> TrainingError {
        TrainingError(
            .data, at: "\(place), turn \(turn)", "the chat template \(reason)",
            remedy: "train on a template that only appends, such as chat_template: chatml, or end the conversation here"
        )
    }

    private static func excerpt(_ text: String, at offset: Int) -> String {
        JSON.string(String(decoding: text.utf8.dropFirst(offset).prefix(24), as: UTF8.self)).text()
    }
}
