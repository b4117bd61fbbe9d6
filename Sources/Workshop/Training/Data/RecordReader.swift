import JSONValues

/// Turns the records of a dataset into texts.
struct RecordReader {
    let dataset: DatasetRecipe
    /// How conversations become texts; nil if the model has no template.
    let renderer: ChatRenderer?

    /// The texts of a record: one, or the better and the worse answer.
    func texts(_ record: DataFile.Record) throws(TrainingError) -> [SampleText] {
        switch dataset.form {
        case .completion: return [try completion(record)]
        case .instruction(let format): return [try instruction(record, format)]
        case .chat: return [try chat(record, messages(record, dataset.messagesField))]
        case .segments: return [try segments(record)]
        case .promptCompletion: return [try promptCompletion(record)]
        case .pairs: return try related(record)
        case .preference:
            let pair = try PreferencePair(record, dataset)
            return [
                try chat(record, pair.prompt + pair.chosen, learnedFrom: pair.prompt.count),
                try chat(record, pair.prompt + pair.rejected, learnedFrom: pair.prompt.count),
            ]
        }
    }

    /// An anchor, a text that is like it, and perhaps one that is not.
    private func related(_ record: DataFile.Record) throws(TrainingError) -> [SampleText] {
        var texts = [
            try nonEmpty(record, dataset.anchorField, key: "field_anchor"),
            try nonEmpty(record, dataset.positiveField, key: "field_positive"),
        ]
        if record.fields[dataset.negativeField] != nil {
            texts.append(try nonEmpty(record, dataset.negativeField, key: "field_negative"))
        }
        return texts.map { SampleText($0, plain: [], place: record.place) }
    }

    private func completion(_ record: DataFile.Record) throws(TrainingError) -> SampleText {
        var sample = SampleText(place: record.place)
        sample.append(try record.text(dataset.textField, key: "field"), isPlain: true, weight: 1)
        (sample.endWeight, sample.isSplit) = (1, true)
        return sample
    }

    private func instruction(
        _ record: DataFile.Record, _ format: InstructionFormat
    ) throws(TrainingError) -> SampleText {
        let input = try record.optionalText(format.inputField) ?? ""
        let system = try record.optionalText(format.systemField) ?? format.system
        let instruction =
            format.format.contains("{instruction}")
            ? try record.text(format.instructionField, key: "field_instruction") : ""
        let output = try nonEmpty(record, format.outputField, key: "field_output")
        var sample = SampleText(place: record.place)
        let values = ["system": system, "instruction": instruction, "input": input]
        for part in FormatPart.parts(of: input.isEmpty ? format.formatWithoutInput : format.format) {
            switch part {
            case .words(let words): sample.append(words, isPlain: false)
            case .field(let name): sample.append(values[name] ?? "", isPlain: true)
            }
        }
        sample.append(output, isPlain: true, weight: 1)
        sample.endWeight = 1
        return sample
    }

    private func segments(_ record: DataFile.Record) throws(TrainingError) -> SampleText {
        guard let segments = record.fields["segments"]?.arrayValue else {
            throw record.error("has no list of \"segments\"", "each is {\"label\": true or false, \"text\": ...}")
        }
        var sample = SampleText(place: record.place)
        sample.isFramed = false
        for (index, segment) in segments.enumerated() {
            guard let text = segment["text"]?.stringValue, let label = segment["label"]?.boolValue else {
                throw record.error(
                    "segment \(index + 1) has no text or no label", "write {\"label\": true, \"text\": ...}")
            }
            // What stands there is meant as it is, special tokens too.
            sample.append(text, isPlain: false, weight: label ? 1 : 0)
        }
        return sample
    }

    private func promptCompletion(_ record: DataFile.Record) throws(TrainingError) -> SampleText {
        if record.fields["prompt"]?.arrayValue != nil {
            let prompt = try messages(record, "prompt")
            return try chat(record, prompt + messages(record, "completion"), learnedFrom: prompt.count)
        }
        var sample = SampleText(place: record.place)
        sample.append(try record.text("prompt", key: "type"), isPlain: true)
        sample.append(try nonEmpty(record, "completion", key: "type"), isPlain: true, weight: 1)
        sample.endWeight = 1
        return sample
    }

    private func nonEmpty(_ record: DataFile.Record, _ field: String, key: String) throws(TrainingError) -> String {
        let text = try record.text(field, key: key)
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw record.error("the field \"\(field)\" is empty", "faulty_records: drop leaves such records out")
        }
        return text
    }
}

/// A piece of a format: words, or a place for a field.
private enum FormatPart {
    case words(String)
    case field(String)

    static func parts(of format: String) -> [FormatPart] {
        var parts: [FormatPart] = []
        var rest = format[...]
        while let opening = rest.firstIndex(of: "{") {
            let name = rest[rest.index(after: opening)...].prefix { $0.isLetter }
            let closing = rest[name.endIndex...].first
            guard closing == "}", ["system", "instruction", "input"].contains(name) else {
                parts.append(.words(String(rest[...opening])))
                rest = rest[rest.index(after: opening)...]
                continue
            }
            parts.append(.words(String(rest[..<opening])))
            parts.append(.field(String(name)))
            rest = rest[rest.index(after: name.endIndex)...]
        }
        return parts + [.words(String(rest))]
    }
}
