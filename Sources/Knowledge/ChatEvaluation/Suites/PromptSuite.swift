public import Agents
import Constraints
public import Evaluation
public import JSONValues
import Templating

/// Prompts, what is put into them, and what is expected of the answers: a file by which changes of prompts and models are tested.
public struct PromptSuite: Sendable {
    /// One prompt with its variables put in, and what is expected of the answer.
    public struct Case: Sendable {
        /// The prompt's name.
        public let prompt: String
        /// The test's name.
        public let test: String
        /// What was put in.
        public let variables: JSON.Object
        /// What the model is asked.
        public let messages: [ChatMessage]
        let checks: [PromptCheck]

        /// The whole of what makes this case another than others.
        var id: String { "\(prompt)/\(test)/\(JSON.object(variables).text())" }
    }

    /// The file.
    public let path: String
    /// The models that the file names; may be none.
    public let models: [String]
    /// The model that judges answers; nil if the file names none.
    public let judge: String?
    /// How answers are wanted.
    public let options: ChatOptions
    /// Every prompt with every test and all of their variables.
    public let cases: [Case]

    /// Whether an answer is judged by a model.
    public var needsJudge: Bool { cases.contains { $0.checks.contains(where: \.needsJudge) } }
    /// Whether an answer is compared by its meaning.
    public var needsEncoder: Bool { cases.contains { $0.checks.contains(where: \.needsEncoder) } }
    /// Whether the time of an answer counts, so that each is asked for by itself.
    public var measuresTime: Bool { cases.contains { $0.checks.contains(where: \.measuresTime) } }

    /// Reads a suite. Templates are put together, and expressions and schemas compiled, before anything is asked.
    ///
    /// - Throws: `EvaluationError` naming file, line and key.
    public init(path: String) throws(EvaluationError) {
        let file = try YAMLFile.located(path)
        self.path = path
        let root = SuiteSection(file)
        try root.check([
            "description", "models", "judge", "options", "prompts", "variables", "assert", "tests",
        ])
        models = try root.texts("models")
        judge = try root.text("judge")
        options = try Self.options(root)
        let prompts = try Self.prompts(root)
        let common = try root.object("variables")
        var tests = try root.sections("tests")
        if root["tests"] == nil { tests = [nil] }
        var cases: [Case] = []
        for (number, test) in tests.enumerated() {
            try test?.check(["name", "variables", "assert"])
            let name = try test?.text("name") ?? "test \(number + 1)"
            let own = try test?.object("variables") ?? [:]
            let sections = try root.sections("assert") + (try test?.sections("assert") ?? [])
            for variables in Self.combinations(common.merging(own) { $1 }) {
                for prompt in prompts {
                    let messages = try prompt.messages(variables)
                    var checks: [PromptCheck] = []
                    for section in sections.compactMap({ $0 }) {
                        checks += try PromptCheck.read(section, variables)
                    }
                    cases.append(
                        Case(prompt: prompt.name, test: name, variables: variables, messages: messages, checks: checks))
                    guard cases.count <= Self.maximumCases else {
                        throw EvaluationError(
                            .task, at: path, "has more than \(Self.maximumCases) cases",
                            remedy: "lists of variables multiply")
                    }
                }
            }
        }
        var seen = Set<String>()
        for item in cases where !seen.insert(item.id).inserted {
            throw EvaluationError(
                .task, at: path, "has the prompt \(item.prompt) and test \(item.test) twice with the same variables",
                remedy: "name prompts and tests")
        }
        self.cases = cases
    }

    private static let maximumCases = 100_000

    private static func options(_ root: SuiteSection) throws(EvaluationError) -> ChatOptions {
        var options = ChatOptions(temperature: 0, maximumTokens: 512)
        guard let section = try root.section("options") else { return options }
        try section.check(["temperature", "top_p", "max_tokens", "seed", "stop"])
        options.temperature = try section.number("temperature", in: 0...10) ?? 0
        options.topP = try section.number("top_p", in: 0...1)
        options.maximumTokens = try section.integer("max_tokens", in: 1...1_000_000) ?? 512
        options.seed = try section.integer("seed", in: 0...Int.max).map(UInt64.init)
        options.stop = try section.texts("stop")
        return options
    }

    /// Lists among variables stand for one value after the other.
    private static func combinations(_ variables: JSON.Object) -> [JSON.Object] {
        variables.reduce([[:]]) { combinations, variable in
            let values = variable.value.arrayValue ?? [variable.value]
            return combinations.flatMap { combination in
                values.map { combination.merging([variable.key: $0]) { $1 } }
            }
        }
    }

    // MARK: Prompts

    private struct Prompt {
        var name: String
        var system: String?
        var text: String
        var section: SuiteSection

        func messages(_ variables: JSON.Object) throws(EvaluationError) -> [ChatMessage] {
            var messages: [ChatMessage] = []
            if let system { messages.append(.system(try section.rendered(system, variables))) }
            messages.append(.user(try section.rendered(text, variables)))
            return messages
        }
    }

    private static func prompts(_ root: SuiteSection) throws(EvaluationError) -> [Prompt] {
        var prompts: [Prompt] = []
        for (number, section) in try root.entries("prompts").enumerated() {
            if let text = section.value.stringValue {
                prompts.append(Prompt(name: "prompt \(number + 1)", text: text, section: section))
                continue
            }
            try section.check(["name", "system", "text", "file"])
            let text: String
            switch (try section.text("text"), try section.text("file")) {
            case (let own?, nil): text = own
            case (nil, let file?): text = try section.contents(file)
            default: throw section.error("wants text or file, one of them")
            }
            prompts.append(
                Prompt(
                    name: try section.text("name") ?? "prompt \(number + 1)", system: try section.text("system"),
                    text: text, section: section))
        }
        guard !prompts.isEmpty else { throw root.error("has no prompts", "give prompts: a list of texts") }
        return prompts
    }
}
