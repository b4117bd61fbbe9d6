import Essentials
import JSONValues

/// Tasks and groups, and how a model is asked about them.
public struct TaskEvaluator: Sendable {
    /// What can be chosen for a run.
    public struct Options: Sendable {
        /// How many of each task's first documents to ask; all if nil.
        public var limit: Int?
        /// The number of examples before each question, in place of the tasks' own.
        public var shots: Int?
        /// The seed of the draws of examples, whoever set their number.
        public var seed = 1234
        /// The samples, a multiple of 1000, by which the error of a perplexity is estimated.
        public var bootstrapSamples = 100_000
        /// Whether what each question gave is kept.
        public var keepsSamples = false
        /// Whether that includes the whole text of each question.
        public var keepsArguments = true
        /// A file of answers that are not asked for again, which new answers are added to; none if nil.
        public var answersFile: String?

        /// Makes the harness's defaults.
        public init() {}
    }

    /// The tasks in the order of their names.
    public let tasks: [EvaluationTask]
    public let groups: [TaskGroup]

    /// Reads tasks and groups: files, or folders whose every YAML file with a task is read.
    ///
    /// - Throws: `EvaluationError` naming file and key.
    public init(paths: [String]) throws(EvaluationError) {
        var (tasks, groups) = ([String: EvaluationTask](), [TaskGroup]())
        func add(_ path: String, isListed: Bool) throws(EvaluationError) {
            let config = try YAMLFile.read(path)
            if config["group"] != nil, config["doc_to_target"] == nil,
                config["task"]?.stringValue == nil || config["dataset_path"] == nil
            {
                let group = try TaskGroup(config, path: path)
                guard !groups.contains(where: { $0.name == group.name }) else { return }
                groups.append(group)
                for member in group.members where tasks[member] == nil {
                    let folder = YAMLFile.folder(of: path)
                    let file = ["yaml", "yml"].map { "\(folder)/\(member).\($0)" }.first {
                        FileManager.default.fileExists(atPath: $0)
                    }
                    if let file { try add(file, isListed: true) }
                }
                return
            }
            // A folder also holds what others include.
            guard isListed || config["task"]?.stringValue != nil else { return }
            let task = try EvaluationTask(config, path: path)
            if let other = tasks[task.name], other.path != path {
                throw EvaluationError(.task, at: path, "has the name \(task.name), as \(other.path) has")
            }
            tasks[task.name] = task
        }
        for path in paths {
            if let names = try? FileManager.default.contentsOfDirectory(atPath: path) {
                for name in names.sorted() where name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
                    try add("\(path)/\(name)", isListed: false)
                }
            } else {
                try add(path, isListed: true)
            }
        }
        guard !tasks.isEmpty else {
            throw EvaluationError(.empty, at: paths.joined(separator: ", "), "there are no tasks")
        }
        for group in groups {
            if let name = group.members.first(where: { name in
                tasks[name] == nil && !groups.contains { $0.name == name }
            }) {
                throw EvaluationError(
                    .task, at: "group \(group.name)", "its task \(name) is not here", remedy: "give its file too")
            }
        }
        self.tasks = tasks.values.sorted { $0.name < $1.name }
        self.groups = groups
    }

    /// Asks a model everything and scores the answers.
    ///
    /// A server that stops answering ends the questions, not the run: the report is then of what was answered, and says so.
    ///
    /// - Parameter progress: called with the answered and all questions after each answer.
    /// - Throws: `EvaluationError`, or what the model throws; answers that came before are kept in the options' file.
    public func run(
        on model: some Scorer, options: Options = Options(),
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws -> EvaluationReport {
        let start = ContinuousClock.now
        if !model.givesLikelihoods, let task = tasks.first(where: { $0.outputType != .generateUntil }) {
            throw EvaluationError(
                .refused, at: "\(task.path), output_type",
                "\(task.outputType.rawValue) needs log-probabilities of given texts, which \(model.name) does not give",
                remedy: "choose tasks with generate_until, or ask a server's completions in place of its chat")
        }
        let runs = try tasks.map { task in
            var task = task
            if let shots = options.shots, task.outputType != .rollingLogLikelihood { task.shots = shots }
            return try TaskRun(task, limit: options.limit, seed: options.seed)
        }
        var answers = try AnswerFile(options.answersFile, model: model.name)
        let missing = try await ask(runs.flatMap(\.requests), model, &answers, progress)
        var results: [TaskResult] = []
        for run in runs { results.append(try run.score(answers.answers, options)) }
        let seconds = start.duration(to: .now) / .seconds(1)
        return EvaluationReport(
            model: model.name, results: results,
            groups: groups.map { group in
                TaskResult.group(
                    group, leaves(of: group, depth: 0).compactMap { name in results.first { $0.name == name } })
            }, options: options, missing: missing, seconds: seconds)
    }

    private func leaves(of group: TaskGroup, depth: Int) -> [String] {
        guard depth < 16 else { return [] }
        return group.members.flatMap { name in
            groups.first { $0.name == name }.map { leaves(of: $0, depth: depth + 1) } ?? [name]
        }
    }
}
