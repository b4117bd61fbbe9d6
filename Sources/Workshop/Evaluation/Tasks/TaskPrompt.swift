import JSONValues
import Templating

/// Makes questions of documents: the templates and few-shot examples of a task, as lm-evaluation-harness 0.4.12 puts them together.
struct TaskPrompt {
    /// What a target is: a choice's number, a text, or several of them.
    typealias Target = JSON

    let task: EvaluationTask
    /// The columns of the documents; a setting that is a column's name is that column.
    private let columns: Set<String>
    private let templates: [String: Template]
    private let examples: [JSON]
    private var generator: MersenneTwister
    private let excludesQuestion: Bool

    /// - Throws: `EvaluationError` if a template cannot be parsed, or there are fewer examples than shots.
    init(_ task: EvaluationTask, documents: [JSON], examples: [JSON], seed: Int) throws(EvaluationError) {
        self.task = task
        self.examples = examples
        generator = MersenneTwister(pythonSeed: seed)
        columns = Set(documents.first?.objectValue?.keys.map(\.self) ?? [])
        var templates: [String: Template] = [:]
        let fewshot = task.config["fewshot_config"]
        let settings = [
            "doc_to_text", "doc_to_target", "doc_to_choice", "description", "gen_prefix",
        ]
        for source in settings.flatMap({ [task.config[$0], fewshot?[$0]] }).compactMap({ $0?.stringValue }) {
            do {
                templates[source] = try Template(source, name: task.path, limits: TemplateLimits(), style: .plain)
            } catch {
                throw EvaluationError(.task, at: task.path, "\(error)")
            }
        }
        self.templates = templates
        let split = fewshot?["split"]?.stringValue ?? task.config["fewshot_split"]?.stringValue
        excludesQuestion = split != nil && split == task.config["test_split"]?.stringValue
        let needed = task.shots + (excludesQuestion && task.shots > 0 ? 1 : 0)
        guard task.shots == 0 || examples.count >= needed else {
            throw EvaluationError(
                .task, at: "\(task.path), num_fewshot", "wants \(task.shots) examples, and there are \(examples.count)",
                remedy: "give a fewshot_split with at least \(needed) documents")
        }
    }

    // MARK: Fields

    private func setting(_ key: String, forExample: Bool = false) -> JSON? {
        if forExample, let own = task.config["fewshot_config"]?[key], !own.isNull { return own }
        return task.config[key].flatMap { $0.isNull ? nil : $0 }
    }

    private func render(_ source: String, _ document: JSON) throws(EvaluationError) -> String {
        do { return try templates[source]?.render(document.objectValue ?? [:]) ?? source } catch {
            throw EvaluationError(
                .task, at: task.path, "\(error)", remedy: "the columns are \(columns.sorted().joined(separator: ", "))")
        }
    }

    /// A text, or with choices the number of one of them.
    func text(_ document: JSON, forExample: Bool = false) throws(EvaluationError) -> JSON {
        guard let value = setting("doc_to_text", forExample: forExample) else { return "" }
        guard let source = value.stringValue else { return value }
        if columns.contains(source) { return document[source] ?? .null }
        return Self.number(try render(source, document), if: task.config["doc_to_choice"] != nil)
    }

    /// The right answer.
    func target(_ document: JSON, forExample: Bool = false) throws(EvaluationError) -> Target {
        guard let value = setting("doc_to_target", forExample: forExample) else { return .null }
        guard let source = value.stringValue else { return value }
        if columns.contains(source) { return document[source] ?? .null }
        let text = try render(source, document)
        let number = Self.number(text, if: task.config["doc_to_choice"] != nil)
        if number.intValue != nil { return number }
        if text.hasPrefix("["), text.hasSuffix("]"), let list = PythonLiteral.value(text) { return list }
        return .string(text)
    }

    func choices(_ document: JSON, forExample: Bool = false) throws(EvaluationError) -> [String]? {
        guard let value = setting("doc_to_choice", forExample: forExample) else { return nil }
        var list = value
        if let source = value.stringValue {
            list =
                columns.contains(source)
                ? document[source] ?? .null : PythonLiteral.value(try render(source, document)) ?? .null
        } else if let members = value.objectValue {
            list = .array(Array(members.values))
        }
        guard let elements = list.arrayValue, !elements.isEmpty else {
            throw EvaluationError(
                .task, at: "\(task.path), doc_to_choice",
                "gives no list of choices for the document \(document.text().prefix(200))")
        }
        return elements.map { $0.stringValue ?? $0.text() }
    }

    private static func number(_ text: String, if isNumber: Bool) -> JSON {
        guard isNumber, !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text)
        else {
            return .string(text)
        }
        return .integer(number)
    }

    // MARK: Contexts

    /// The text before the question: the description and examples drawn for it.
    mutating func preface(_ document: JSON) throws(EvaluationError) -> String {
        var result = ""
        if let text = setting("description")?.stringValue {
            result = columns.contains(text) ? document[text]?.stringValue ?? "" : try render(text, document)
        }
        guard task.shots > 0 else { return result }
        for example in try drawExamples(document) { result += try turn(example) }
        return result
    }

    private mutating func drawExamples(_ document: JSON) throws(EvaluationError) -> [JSON] {
        let sampler = task.config["fewshot_config"]?["sampler"]?.stringValue ?? "default"
        if sampler == "first_n" {
            let pool = excludesQuestion ? examples.filter { $0 != document } : examples
            return Array(pool.prefix(task.shots))
        }
        guard sampler == "default" else {
            throw EvaluationError(
                .task, at: "\(task.path), fewshot_config, sampler", "is \(sampler)", remedy: "use default or first_n")
        }
        guard excludesQuestion else {
            return generator.sample(task.shots, of: examples.count).map { examples[$0] }
        }
        let drawn = generator.sample(task.shots + 1, of: examples.count).map { examples[$0] }.filter { $0 != document }
        if drawn.count >= task.shots { return Array(drawn.prefix(task.shots)) }
        // Copies of the question were drawn more than once.
        let pool = examples.filter { $0 != document }
        return generator.sample(task.shots, of: pool.count).map { pool[$0] }
    }

    private func turn(_ example: JSON) throws(EvaluationError) -> String {
        let choices =
            task.config["fewshot_config"]?["doc_to_choice"] != nil || task.config["doc_to_choice"] != nil
            ? try self.choices(example, forExample: true) : nil
        var question = try text(example, forExample: true)
        if let number = question.intValue, let choices, choices.indices.contains(number) {
            question = .string(choices[number])
        }
        let target = try self.target(example, forExample: true)
        let answer: String
        if let number = target.intValue, let choices, choices.indices.contains(number) {
            answer = choices[number]
        } else {
            let first = target.arrayValue?.first ?? target
            answer = first.stringValue ?? first.text()
        }
        let text = question.stringValue ?? question.text()
        let prefix = try generationPrefix(example, forExample: true)
        let delimiter = setting("target_delimiter", forExample: true)?.stringValue ?? " "
        let end = setting("fewshot_delimiter", forExample: true)?.stringValue ?? "\n\n"
        let needsDelimiter = prefix.map { Self.needsDelimiter(text, $0) } ?? true
        return text + (needsDelimiter ? delimiter : "") + Self.join(prefix, answer) + end
    }

    private func generationPrefix(_ document: JSON, forExample: Bool = false) throws(EvaluationError) -> String? {
        guard let source = setting("gen_prefix", forExample: forExample)?.stringValue, !source.isEmpty else {
            return nil
        }
        return columns.contains(source) ? document[source]?.stringValue : try render(source, document)
    }

    /// The question as the model reads it.
    func question(_ text: String, _ document: JSON) throws(EvaluationError) -> String {
        guard let prefix = try generationPrefix(document) else { return text }
        let delimiter = Self.needsDelimiter(text, prefix) ? setting("target_delimiter")?.stringValue ?? " " : ""
        return text + delimiter + prefix
    }

    private static func needsDelimiter(_ text: String, _ next: String) -> Bool {
        guard let last = text.unicodeScalars.last, let first = next.unicodeScalars.first else { return false }
        return !last.isPythonSpace && !first.isPythonSpace
    }

    private static func join(_ prefix: String?, _ text: String) -> String {
        guard let prefix, !prefix.isEmpty else { return text }
        return text.isEmpty ? prefix : prefix + (needsDelimiter(prefix, text) ? " " : "") + text
    }

    /// What stands between a question and its continuation.
    var targetDelimiter: String { task.config["target_delimiter"]?.stringValue ?? " " }
}
