import JSONValues

/// Ollama's description of a model: `FROM`, `PARAMETER`, `TEMPLATE`, `SYSTEM`, `ADAPTER`, `MESSAGE` and `LICENSE`.
package struct Modelfile: Sendable, Hashable {
    /// What the model is made of.
    package var base: String
    /// What is said about its use.
    package var settings = ModelSettings()
    /// The path of an adapter.
    package var adapter: String?

    /// What stands around a text of several lines.
    package static let quotes = "\"\"\""

    /// Describes a model that is like another.
    package init(base: String, settings: ModelSettings = ModelSettings()) {
        self.base = base
        self.settings = settings
    }

    /// Reads a Modelfile.
    ///
    /// - Throws: `ModelStoreError.invalidModelfile` with the line.
    package init(parsing text: String) throws(ModelStoreError) {
        var lines = ModelfileLines(text)
        var base: String?
        var settings = ModelSettings()
        var adapter: String?
        while let line = lines.next() {
            func refusal(_ reason: String) -> ModelStoreError { .invalidModelfile(line: line.number, reason: reason) }
            guard line.isClosed else {
                throw refusal("a text in three quotes does not end, or something follows its end")
            }
            guard !line.value.isEmpty || ["SYSTEM", "TEMPLATE", "LICENSE"].contains(line.instruction) else {
                throw refusal("nothing follows \(line.instruction)")
            }
            switch line.instruction {
            case "FROM": base = line.value
            case "SYSTEM": settings.system = line.value
            case "TEMPLATE": settings.template = line.value
            case "ADAPTER": adapter = line.value
            case "LICENSE": settings.license = (settings.license.map { $0 + "\n" } ?? "") + line.value
            case "PARAMETER":
                guard let (name, value) = line.pair else { throw refusal("a parameter has a name and a value") }
                settings.add(parameter: name.lowercased(), value)
            case "MESSAGE":
                guard let (role, content) = line.pair, ["system", "user", "assistant"].contains(role) else {
                    throw refusal("a message has a role (system, user, assistant) and a text")
                }
                settings.messages.append(["role": .string(role), "content": .string(content)])
            default: throw refusal("\"\(line.instruction)\" is no instruction of Modelfiles")
            }
        }
        guard let base else { throw .invalidModelfile(line: 1, reason: "FROM is missing") }
        (self.base, self.settings, self.adapter) = (base, settings, adapter)
    }

    /// The file's text; reading it gives the same again, with line feeds at the ends of lines. No text in it may have three quotes in
    /// a row.
    package var text: String {
        var lines = ["FROM \(base)"]
        if let template = settings.template { lines.append("TEMPLATE \(Self.quoted(template))") }
        if let system = settings.system { lines.append("SYSTEM \(Self.quoted(system))") }
        if let adapter { lines.append("ADAPTER \(adapter)") }
        lines += settings.parameterLines.map { "PARAMETER \($0)" }
        for message in settings.messages {
            lines.append(
                "MESSAGE \(message["role"]?.stringValue ?? "") \(Self.quoted(message["content"]?.stringValue ?? ""))")
        }
        if let license = settings.license { lines.append("LICENSE \(Self.quoted(license))") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A text as it stands in a line: as it is, or in quotes where that would be read otherwise.
    static func quoted(_ text: String) -> String {
        let trimmed = text.drop(while: \.isWhitespace)
        let isPlain =
            !text.isEmpty && !text.contains(where: \.isNewline) && !text.hasPrefix("\"") && trimmed.count == text.count
            && text.last?.isWhitespace == false
        if isPlain { return text }
        return text.contains(where: \.isNewline) || text.contains("\"") ? "\"\"\"\(text)\"\"\"" : "\"\(text)\""
    }
}

extension ModelSettings {
    /// Adds a parameter as it stands in a Modelfile; `stop` may come several times.
    mutating func add(parameter name: String, _ text: String) {
        if name == "stop" {
            parameters[name] = .array((parameters[name]?.arrayValue ?? []) + [.string(text)])
        } else if let value = Int(text) {
            parameters[name] = .integer(value)
        } else if let value = Double(text), value.isFinite {
            parameters[name] = .number(value)
        } else {
            parameters[name] = text == "true" || text == "false" ? .bool(text == "true") : .string(text)
        }
    }

    /// The parameters as Modelfiles have them, a line each.
    package var parameterLines: [String] {
        parameters.flatMap { name, value in
            (value.arrayValue ?? [value]).map { "\(name) \(Modelfile.quoted($0.stringValue ?? $0.text()))" }
        }
    }
}

/// Takes a Modelfile apart into instructions with their values.
private struct ModelfileLines {
    struct Line {
        let number: Int
        let instruction: String
        let value: String
        var isClosed = true

        /// The first word of the value and the rest, of which quotes are taken off.
        var pair: (String, String)? {
            guard let space = value.firstIndex(where: \.isWhitespace) else { return nil }
            let rest = ModelfileLines.trimmed(value[space...])
            return rest.isEmpty ? nil : (String(value[..<space]), ModelfileLines.unquoted(rest))
        }
    }

    private let lines: [Substring]
    private var index = 0

    init(_ text: String) { lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) }

    mutating func next() -> Line? {
        while index < lines.count {
            let number = index + 1
            let line = Self.trimmed(lines[index])
            index += 1
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            let word = line.prefix { !$0.isWhitespace }
            let instruction = word.uppercased()
            var value = Self.trimmed(line[word.endIndex...])
            var isClosed = true
            if let start = value.firstRange(of: "\"\"\""),
                value[start.upperBound...].firstRange(of: "\"\"\"") == nil
            {
                // As it stands, up to the line with the end.
                var text = String(value)
                isClosed = false
                while index < lines.count, !isClosed {
                    text += "\n" + lines[index]
                    let hasEnd = lines[index].contains(Modelfile.quotes)
                    isClosed = hasEnd && Self.trimmed(lines[index]).hasSuffix(Modelfile.quotes)
                    index += 1
                    if hasEnd { break }
                }
                value = Self.trimmed(text[...])
            }
            let hasPair = ["PARAMETER", "MESSAGE"].contains(instruction)
            return Line(
                number: number, instruction: instruction, value: hasPair ? String(value) : Self.unquoted(value),
                isClosed: isClosed)
        }
        return nil
    }

    fileprivate static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace ?? false { text.removeLast() }
        return text
    }

    fileprivate static func unquoted(_ text: Substring) -> String {
        for quotes in ["\"\"\"", "\""]
        where text.count >= 2 * quotes.count && text.hasPrefix(quotes) && text.hasSuffix(quotes) {
            return String(text.dropFirst(quotes.count).dropLast(quotes.count))
        }
        return String(text)
    }
}
