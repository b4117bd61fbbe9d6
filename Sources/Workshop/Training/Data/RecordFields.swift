import JSONValues

extension DataFile.Record {
    /// An error about this record.
    func error(_ reason: String, _ remedy: String = "") -> TrainingError {
        TrainingError(.data, at: place, reason, remedy: remedy)
    }

    /// The text in a field.
    ///
    /// - Parameter key: the recipe's key that names the field, for errors.
    func text(_ field: String, key: String) throws(TrainingError) -> String {
        guard let text = try optionalText(field) else {
            let names = fields.keys.map { "\"\($0)\"" }.joined(separator: ", ")
            throw error(
                "has no field \"\(field)\"",
                "it has \(names.isEmpty ? "none" : names); set \(key) to the one that is meant")
        }
        return text
    }

    /// The text in a field, if it is there; numbers count as what they look like.
    func optionalText(_ field: String) throws(TrainingError) -> String? {
        switch fields[field] {
        case nil, .null: return nil
        case .string(let text): return text
        case .integer(let value): return String(value)
        case .number, .largeInteger, .bool: return fields[field]?.text()
        case .some(let other): throw error("the field \"\(field)\" is \(other.kind), not a text")
        }
    }
}
