import JSONValues

/// Asks a model all questions of a task and scores the answers.
struct TaskRun {
    /// One question: what the model is asked, and what is right.
    private struct Question: Sendable {
        var index: Int
        var document: JSON
        var requests: [Request]
        var choices: [String] = []
        var right: [Int] = []
        var references: [String] = []
    }

    /// What a model is asked.
    enum Request: Sendable, Hashable {
        case likelihood(context: String, continuation: String)
        case rolling(String)
        case generation(context: String, GenerationSettings, attempt: Int)
    }

    let task: EvaluationTask
    private let questions: [Question]

    /// Reads the documents and makes the questions.
    ///
    /// - Parameters:
    ///   - limit: how many of the first documents to ask; all if nil.
    ///   - seed: of the draws of examples; 1234 is the harness's.
    init(_ task: EvaluationTask, limit: Int?, seed: Int) throws(EvaluationError) {
        self.task = task
        func name(_ key: String) -> String? { task.config[key]?.stringValue }
        guard let split = name("test_split") ?? name("validation_split") else {
            throw EvaluationError(.task, at: task.path, "has neither test_split nor validation_split")
        }
        let documents = try TaskDocuments.read(split, of: task)
        var examples: [JSON] = []
        if task.shots > 0 {
            let fewshot = task.config["fewshot_config"]
            if let samples = fewshot?["samples"]?.arrayValue {
                examples = samples
            } else {
                let source =
                    fewshot?["split"]?.stringValue ?? name("fewshot_split") ?? name("training_split")
                    ?? name("validation_split")
                examples = try TaskDocuments.read(source ?? split, of: task)
            }
        }
        var prompt = try TaskPrompt(task, documents: documents, examples: examples, seed: seed)
        var questions: [Question] = []
        for (index, document) in documents.prefix(limit ?? .max).enumerated() {
            questions.append(try Self.question(index, document, &prompt))
        }
        self.questions = questions
    }

    /// Everything that the model is asked, each once.
    var requests: [Request] {
        var (seen, requests) = (Set<Request>(), [Request]())
        for request in questions.flatMap(\.requests) where seen.insert(request).inserted { requests.append(request) }
        return requests
    }

    private static func question(
        _ index: Int, _ document: JSON, _ prompt: inout TaskPrompt
    ) throws(EvaluationError) -> Question {
        let task = prompt.task
        let preface = task.outputType == .rollingLogLikelihood ? "" : try prompt.preface(document)
        var question = Question(index: index, document: document, requests: [])
        let text = try prompt.text(document)
        let target = try prompt.target(document)
        func plain(_ value: JSON) -> String { value.stringValue ?? value.text() }
        switch task.outputType {
        case .rollingLogLikelihood: question.requests = [.rolling(plain(target))]
        case .logLikelihood:
            let context = preface + (try prompt.question(plain(text), document))
            question.requests = [.likelihood(context: context, continuation: plain(target))]
        case .generateUntil:
            let context = preface + (try prompt.question(plain(text), document))
            question.requests = (0..<task.repeats).map { .generation(context: context, task.generation, attempt: $0) }
            if let choices = try prompt.choices(document), let number = target.intValue {
                guard choices.indices.contains(number) else { throw outside(task, index, number, choices.count) }
                question.references = [choices[number]]
            } else {
                question.references = target.arrayValue?.map(plain) ?? [plain(target)]
            }
        case .multipleChoice:
            let choices = try prompt.choices(document) ?? []
            question.choices = choices
            let delimiter = prompt.targetDelimiter
            if let number = text.intValue {
                // The choices are the questions, and what follows is the same for all.
                for choice in choices {
                    let context = preface + (try prompt.question(choice, document))
                    question.requests.append(.likelihood(context: context, continuation: delimiter + plain(target)))
                }
                question.right = [number]
            } else {
                let context = preface + (try prompt.question(plain(text), document))
                question.requests = choices.map { .likelihood(context: context, continuation: delimiter + $0) }
                question.right = try right(target, choices, task, index)
            }
        }
        return question
    }

    private static func right(
        _ target: JSON, _ choices: [String], _ task: EvaluationTask, _ index: Int
    ) throws(EvaluationError) -> [Int] {
        var numbers: [Int] = []
        for element in target.arrayValue ?? [target] {
            if let number = element.intValue {
                guard choices.indices.contains(number) else { throw outside(task, index, number, choices.count) }
                numbers.append(number)
            } else if let text = element.stringValue,
                let number = choices.firstIndex(where: { $0.scalars == text.scalars })
            {
                numbers.append(number)
            } else {
                throw EvaluationError(
                    .data, at: "\(task.path), document \(index + 1)",
                    "the target \(element.text()) is none of the \(choices.count) choices")
            }
        }
        return numbers
    }

    private static func outside(_ task: EvaluationTask, _ index: Int, _ number: Int, _ count: Int) -> EvaluationError {
        EvaluationError(
            .data, at: "\(task.path), document \(index + 1)", "the target is choice \(number), and there are \(count)",
            remedy: "choices are counted from 0")
    }

    // MARK: Scores

    /// The task's results and, if wanted, what each question gave.
    func score(_ answers: [Request: JSON], _ options: TaskEvaluator.Options) throws(EvaluationError) -> TaskResult {
        // A question counts when all that it asks was answered.
        let answered = questions.filter { $0.requests.allSatisfy { answers[$0] != nil } }
        var result = TaskResult(task: task, samples: answered.count, unanswered: questions.count - answered.count)
        for chain in task.filters {
            var observations: [String: [TaskMetrics.Observation]] = [:]
            for question in answered {
                let replies = question.requests.compactMap { answers[$0] }
                var texts = replies.compactMap(\.stringValue)
                for step in chain.steps { texts = step.apply(texts) }
                var values = JSON.Object()
                for entry in task.metrics {
                    guard let observation = try observe(entry, question, replies, texts) else { continue }
                    observations[entry.name, default: []].append(observation)
                    if case .value(let value) = observation { values[entry.name] = .number(value) }
                }
                guard options.keepsSamples else { continue }
                result.details.append(
                    sample(question, replies, texts, chain.name, values, withArguments: options.keepsArguments))
            }
            for entry in task.metrics {
                guard let values = observations[entry.name] else { continue }
                let (value, error) = TaskMetrics.aggregate(
                    entry.name, values, bootstrapSamples: options.bootstrapSamples)
                result.metrics["\(entry.name),\(chain.name)"] = value
                result.errors["\(entry.name)_stderr,\(chain.name)"] = .some(error)
            }
        }
        return result
    }

    private func observe(
        _ entry: EvaluationTask.MetricEntry, _ question: Question, _ replies: [JSON], _ texts: [String]
    ) throws(EvaluationError) -> TaskMetrics.Observation? {
        let likelihoods = replies.map {
            Likelihood(logProbability: $0[0]?.doubleValue ?? -.infinity, isGreedy: $0[1]?.boolValue ?? false)
        }
        switch task.outputType {
        case .multipleChoice:
            return TaskMetrics.observe(
                entry.name, likelihoods: likelihoods, choices: question.choices, right: question.right)
        case .logLikelihood:
            guard let likelihood = likelihoods.first else { return nil }
            return .value(entry.name == "acc" ? (likelihood.isGreedy ? 1 : 0) : likelihood.logProbability)
        case .rollingLogLikelihood:
            guard case .rolling(let text) = question.requests.first else { return nil }
            return TaskMetrics.observe(entry.name, logLikelihood: replies.first?.doubleValue ?? 0, text: text)
        case .generateUntil:
            return try TaskMetrics.observe(
                entry, answer: texts.first ?? "", references: question.references, at: task.path)
        }
    }

    private func sample(
        _ question: Question, _ replies: [JSON], _ texts: [String], _ filter: String, _ values: JSON.Object,
        withArguments: Bool
    ) -> JSON {
        let arguments = question.requests.map { request -> JSON in
            switch request {
            case .likelihood(let context, let continuation): [.string(context), .string(continuation)]
            case .rolling(let text): [.string(text)]
            case .generation(let context, _, _): [.string(context)]
            }
        }
        var members: JSON.Object = [
            "doc_id": .integer(question.index), "doc": question.document, "resps": .array(replies),
            "filter": .string(filter),
            "target": question.references.isEmpty
                ? .array(question.right.map { .integer($0) }) : .array(question.references.map { .string($0) }),
        ]
        if task.outputType == .generateUntil { members["filtered_resps"] = .array(texts.map { .string($0) }) }
        if withArguments { members["arguments"] = .array(arguments) }
        members.merge(values) { $1 }
        return .object(members)
    }
}
