public import JSONValues

/// Ways of asking that make models answer better, as functions of a model.
///
/// ```swift
/// import Swiftlet
///
/// let answer = try await PromptStrategies.selfConsistency("What is 17 * 23?", model: model, samples: 5)
/// print(answer.text, answer.share)
/// ```
public enum PromptStrategies {
    /// An answer, and what it was reached by.
    public struct Answer: Sendable, Hashable {
        /// The answer.
        public var text: String
        /// What was thought on the way.
        public var reasoning: [String]
        /// Of several samples, the share that agreed.
        public var share: Double

        /// Makes an answer.
        public init(text: String, reasoning: [String] = [], share: Double = 1) {
            (self.text, self.reasoning, self.share) = (text, reasoning, share)
        }
    }

    private struct Thought: Decodable, Sendable {
        var reasoning: String
        var answer: String
    }

    private struct List: Decodable, Sendable { var items: [String] }
    private struct Score: Decodable, Sendable { var score: Int }

    private static let thoughtSchema: JSON = [
        "type": "object", "properties": ["reasoning": ["type": "string"], "answer": ["type": "string"]],
        "required": ["reasoning", "answer"], "additionalProperties": false,
    ]

    private static func listSchema(_ maximum: Int) -> JSON {
        [
            "type": "object",
            "properties": [
                "items": [
                    "type": "array", "items": ["type": "string"], "minItems": 1, "maxItems": .integer(maximum),
                ]
            ],
            "required": ["items"], "additionalProperties": false,
        ]
    }

    /// Thinks step by step before the answer (Wei et al. 2022).
    public static func chainOfThought(
        _ question: String, model: any ChatModel, options: ChatOptions = ChatOptions()
    ) async throws -> Answer {
        let thought = try await model.value(
            Thought.self,
            [
                .system("Think step by step, then give the answer alone, as JSON."), .user(question),
            ], schema: thoughtSchema, options: options)
        return Answer(text: thought.answer, reasoning: [thought.reasoning])
    }

    /// The answer that most of several chains of thought come to (Wang et al. 2022); of equally many, the one that came first.
    public static func selfConsistency(
        _ question: String, model: any ChatModel, samples: Int = 5, options: ChatOptions = ChatOptions(temperature: 0.7)
    ) async throws -> Answer {
        let answers = try await sample(question, model, samples, options)
        let groups = Dictionary(grouping: answers.indices) { normalized(answers[$0].text) }
        let best = groups.values.max { a, b in
            a.count == b.count ? (a.first ?? 0) > (b.first ?? 0) : a.count < b.count
        }
        guard let best, let first = best.first else { return Answer(text: "", share: 0) }
        return Answer(
            text: answers[first].text, reasoning: best.flatMap { answers[$0].reasoning },
            share: Double(best.count) / Double(answers.count))
    }

    /// One answer made from several chains of thought and their answers (Med-PaLM 2, Singhal et al. 2023).
    public static func ensembleRefinement(
        _ question: String, model: any ChatModel, samples: Int = 5, options: ChatOptions = ChatOptions(temperature: 0.7)
    ) async throws -> Answer {
        let answers = try await sample(question, model, samples, options)
        let drafts = answers.enumerated().map {
            "Draft \($0.offset + 1):\n"
                + Quoting.quoted(($0.element.reasoning + [$0.element.text]).joined(separator: "\n"))
        }
        var careful = options
        careful.temperature = 0
        let thought = try await model.value(
            Thought.self,
            [
                .system("Weigh the drafts against each other, then give the best answer alone, as JSON."),
                .user("\(question)\n\n\(drafts.joined(separator: "\n\n"))"),
            ], schema: thoughtSchema, options: careful)
        return Answer(text: thought.answer, reasoning: answers.flatMap(\.reasoning) + [thought.reasoning])
    }

    private static func sample(
        _ question: String, _ model: any ChatModel, _ count: Int, _ options: ChatOptions
    ) async throws -> [Answer] {
        let one = Chain<Int, Answer>("sample") { number in
            var options = options
            options.seed = options.seed.map { $0 &+ UInt64(number) }
            return try await chainOfThought(question, model: model, options: options)
        }
        return try await one.each(limit: 4).run(Array(0..<max(1, count)))
    }

    private static func normalized(_ text: String) -> String {
        text.lowercased().filter { $0.isLetter || $0.isNumber || ".-".contains($0) }
            .reversed().drop { $0 == "." }.reversed().map(String.init).joined()
    }

    /// Looks for a way through several thoughts at each step, keeping the best (Yao et al. 2023).
    ///
    /// - Parameters:
    ///   - depth: How many thoughts lead to the answer.
    ///   - branches: How many thoughts are tried from each state.
    ///   - kept: How many states go on.
    public static func treeOfThoughts(
        _ question: String, model: any ChatModel, depth: Int = 3, branches: Int = 3, kept: Int = 2,
        options: ChatOptions = ChatOptions(temperature: 0.7)
    ) async throws -> Answer {
        var states: [[String]] = [[]]
        for _ in 0..<max(1, depth) {
            var next: [(state: [String], score: Int)] = []
            for state in states {
                let soFar = state.isEmpty ? "Nothing yet." : Quoting.quoted(state.joined(separator: "\n"))
                let thoughts = try await model.value(
                    List.self,
                    [
                        .system("Propose \(branches) different next thoughts towards the answer, as JSON."),
                        .user("\(question)\n\nThoughts so far:\n\(soFar)"),
                    ], schema: listSchema(branches), options: options)
                for thought in thoughts.items.prefix(branches) {
                    next.append((state + [thought], try await score(question, state + [thought], model)))
                }
            }
            states = next.enumerated().sorted {
                $0.element.score == $1.element.score ? $0.offset < $1.offset : $0.element.score > $1.element.score
            }.prefix(max(1, kept)).map(\.element.state)
        }
        let best = states.first ?? []
        let text = try await model.answer([
            .system("Answer the question from these thoughts."),
            .user("\(question)\n\nThoughts:\n\(Quoting.quoted(best.joined(separator: "\n")))"),
        ]).text
        return Answer(text: text, reasoning: best)
    }

    private static func score(_ question: String, _ state: [String], _ model: any ChatModel) async throws -> Int {
        try await model.value(
            Score.self,
            [
                .system("How likely do these thoughts lead to the right answer? Give a score from 1 to 10 as JSON."),
                .user("\(question)\n\nThoughts:\n\(Quoting.quoted(state.joined(separator: "\n")))"),
            ],
            schema: [
                "type": "object", "properties": ["score": ["type": "integer", "minimum": 1, "maximum": 10]],
                "required": ["score"], "additionalProperties": false,
            ], options: ChatOptions(temperature: 0)
        ).score
    }

    /// Answers easier questions first, each with the answers before it (Zhou et al. 2022).
    public static func leastToMost(
        _ question: String, model: any ChatModel, options: ChatOptions = ChatOptions()
    ) async throws -> Answer {
        let parts = try await model.value(
            List.self,
            [
                .system("List the easier questions that lead to the answer, the easiest first, as JSON."),
                .user(question),
            ], schema: listSchema(6), options: options)
        var known: [String] = []
        for part in parts.items {
            let answer = try await model.answer([.user(Self.question(part, known))], options).text
            known.append("\(part) \(answer)")
        }
        let text = try await model.answer([.user(Self.question(question, known))], options).text
        return Answer(text: text, reasoning: known)
    }

    private static func question(_ question: String, _ known: [String]) -> String {
        known.isEmpty ? question : "What is known:\n\(Quoting.quoted(known.joined(separator: "\n")))\n\n\(question)"
    }

    /// Asks for the principle behind a question first, and answers from it (Zheng et al. 2023).
    public static func stepBack(
        _ question: String, model: any ChatModel, options: ChatOptions = ChatOptions()
    ) async throws -> Answer {
        let general = try await model.answer(
            [.system("Say the more general question behind this one, and nothing else."), .user(question)], options
        ).text
        let principle = try await model.answer([.user(general)], options).text
        let text = try await model.answer(
            [.system("Answer from these principles:\n\(Quoting.quoted(principle))"), .user(question)], options
        ).text
        return Answer(text: text, reasoning: [general, principle])
    }

    /// Makes a plan and carries it out in one answer (Wang et al. 2023).
    public static func planAndSolve(
        _ question: String, model: any ChatModel, options: ChatOptions = ChatOptions()
    ) async throws -> Answer {
        let plan = try await model.value(
            List.self,
            [.system("Understand the problem and list the steps of a plan, as JSON."), .user(question)],
            schema: listSchema(10), options: options)
        let steps = plan.items.enumerated().map { "\($0.offset + 1). \($0.element)" }
        let thought = try await model.value(
            Thought.self,
            [
                .system(
                    "Carry out this plan step by step, then give the answer alone, as JSON:\n\(steps.joined(separator: "\n"))"
                ),
                .user(question),
            ], schema: thoughtSchema, options: options)
        return Answer(text: thought.answer, reasoning: steps + [thought.reasoning])
    }

    /// Worked examples made of what the model gets right by itself (as DSPy's BootstrapFewShot): each training question is answered
    /// with the examples found so far, and kept with its reasoning if the judge agrees.
    ///
    /// - Parameter judge: Whether an answer to the question of that place is right.
    public static func bootstrapDemonstrations(
        _ questions: [String], model: any ChatModel, count: Int = 4, options: ChatOptions = ChatOptions(),
        judge: @Sendable (_ place: Int, _ answer: String) async throws -> Bool
    ) async throws -> [[String: JSON]] {
        var found: [[String: JSON]] = []
        for (place, question) in questions.enumerated() where found.count < count {
            let shown = found.map {
                "Question: \($0["question"]?.stringValue ?? "")\nReasoning: \($0["reasoning"]?.stringValue ?? "")\n"
                    + "Answer: \($0["answer"]?.stringValue ?? "")"
            }
            let answer = try await chainOfThought(
                (shown + ["Question: \(question)"]).joined(separator: "\n\n"), model: model, options: options)
            guard try await judge(place, answer.text) else { continue }
            found.append([
                "question": .string(question), "reasoning": .string(answer.reasoning.first ?? ""),
                "answer": .string(answer.text),
            ])
        }
        return found
    }
}
