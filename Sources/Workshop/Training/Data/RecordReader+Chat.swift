import JSONValues

/// A message of a conversation and how much its turn counts; nil where the role decides.
struct TrainingMessage {
    var role: String
    /// What the template reads.
    var json: JSON
    var weight: Float?
}

extension RecordReader {
    /// The messages in a field, with the names and roles that templates know.
    func messages(_ record: DataFile.Record, _ field: String) throws(TrainingError) -> [TrainingMessage] {
        guard let list = record.fields[field] else {
            let lists = record.fields.filter { $0.value.arrayValue != nil }.keys.map { "\"\($0)\"" }
            throw record.error(
                "has no field \"\(field)\"",
                lists.isEmpty
                    ? "it has no list of messages; is the dataset's type right?"
                    : "lists are in \(lists.joined(separator: ", ")); set field_messages")
        }
        guard let elements = list.arrayValue, !elements.isEmpty else {
            throw record.error("the field \"\(field)\" is no list of messages, or an empty one")
        }
        var messages: [TrainingMessage] = []
        for (index, element) in elements.enumerated() {
            let message = try message(element, record, turn: index + 1)
            if message.role == "system", dataset.dropsSystemMessage { continue }
            messages.append(message)
        }
        return messages
    }

    private func message(_ json: JSON, _ record: DataFile.Record, turn: Int) throws(TrainingError) -> TrainingMessage {
        guard case .object(var members) = json else {
            throw record.error("turn \(turn) is \(json.kind), not a message")
        }
        for (name, source) in dataset.messageFields where name != source {
            if let value = members.removeValue(forKey: source) { members[name] = value }
        }
        guard let written = members["role"]?.stringValue else {
            let names = members.keys.map { "\"\($0)\"" }.joined(separator: ", ")
            throw record.error(
                "turn \(turn) has no \"\(dataset.messageFields["role"] ?? "role")\"",
                "it has \(names); set message_property_mappings")
        }
        guard let role = dataset.roles[written] else {
            throw record.error(
                "turn \(turn) has the role \"\(written)\"",
                "known are \(dataset.roles.keys.sorted().joined(separator: ", ")); roles: maps others")
        }
        members["role"] = .string(role)
        let flag = members.removeValue(forKey: dataset.trainingField) ?? members.removeValue(forKey: "weight")
        let weight: Float? =
            switch flag {
            case .bool(let isLearned): isLearned ? 1 : 0
            case .some(let value): value.doubleValue.map { Float($0) }
            case nil: nil
            }
        guard weight.map({ $0.isFinite && $0 >= 0 }) ?? true else {
            throw record.error("turn \(turn) has a weight that is no number from 0")
        }
        let calls = members["tool_calls"]?.arrayValue?.isEmpty == false
        guard calls || Self.hasContent(members["content"]) else {
            throw record.error(
                "turn \(turn) (\(role)) is empty", "fill it, or leave such records out with faulty_records: drop")
        }
        return TrainingMessage(role: role, json: .object(members), weight: weight)
    }

    private static func hasContent(_ content: JSON?) -> Bool {
        switch content {
        case .string(let text): text.contains { !$0.isWhitespace }
        case .array(let parts): !parts.isEmpty
        default: false
        }
    }

    /// The text of a conversation.
    ///
    /// - Parameter learnedFrom: turns before it are not learned whoever speaks.
    func chat(
        _ record: DataFile.Record, _ messages: [TrainingMessage], learnedFrom: Int = 0
    ) throws(TrainingError) -> SampleText {
        guard let renderer else {
            throw record.error(
                "is a conversation, but the model has no chat template", "set chat_template, such as chatml")
        }
        let weights = messages.enumerated().map { index, message -> Float in
            index < learnedFrom ? 0 : message.weight ?? (dataset.learnedRoles.contains(message.role) ? 1 : 0)
        }
        return try renderer.text(
            of: messages, weights: weights, ends: dataset.endLearning,
            tools: record.fields[dataset.toolsField]?.arrayValue,
            place: record.place)
    }
}

/// A prompt with a better and a worse answer.
struct PreferencePair {
    var prompt: [TrainingMessage]
    var chosen: [TrainingMessage]
    var rejected: [TrainingMessage]

    /// Reads the usual forms: texts or lists of messages in the two fields, the prompt of its own, in `question`, or as what
    /// both lists begin with.
    init(_ record: DataFile.Record, _ dataset: DatasetRecipe) throws(TrainingError) {
        let reader = RecordReader(dataset: dataset, renderer: nil)
        func side(_ field: String) throws(TrainingError) -> [TrainingMessage] {
            switch record.fields[field] {
            case .array: return try reader.messages(record, field)
            case .object(let message):
                var single = record
                single.fields[field] = .array([.object(message)])
                return try reader.messages(single, field)
            default:
                let text = try record.text(field, key: "field_\(field)")
                guard text.contains(where: { !$0.isWhitespace }) else {
                    throw record.error("the field \"\(field)\" is empty")
                }
                return [Self.message("assistant", text)]
            }
        }
        (chosen, rejected) = (try side(dataset.chosenField), try side(dataset.rejectedField))
        prompt = []
        if let system = try record.optionalText("system"), !system.isEmpty { prompt = [Self.message("system", system)] }
        if record.fields[dataset.messagesField]?.arrayValue != nil {
            prompt += try reader.messages(record, dataset.messagesField)
        } else if record.fields["prompt"]?.arrayValue != nil {
            prompt += try reader.messages(record, "prompt")
        } else if let text = try record.optionalText("prompt") ?? record.fields["question"]?.stringValue {
            prompt.append(Self.message("user", text))
        }
        let common = zip(chosen, rejected).prefix { $0.json == $1.json }.count
        if prompt.isEmpty || common > 0 {
            prompt = common > 0 ? Array(chosen.prefix(common)) : prompt
            (chosen, rejected) = (Array(chosen.dropFirst(common)), Array(rejected.dropFirst(common)))
        }
        guard !prompt.isEmpty, !chosen.isEmpty, !rejected.isEmpty else {
            throw record.error(
                "has no prompt, or two answers that are the same", "give \"prompt\", \"chosen\" and \"rejected\"")
        }
    }

    private static func message(_ role: String, _ text: String) -> TrainingMessage {
        TrainingMessage(role: role, json: ["role": .string(role), "content": .string(text)], weight: nil)
    }
}
