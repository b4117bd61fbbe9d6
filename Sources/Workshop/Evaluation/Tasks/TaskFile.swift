public import JSONValues

/// A task as lm-evaluation-harness's YAML describes it.
public struct EvaluationTask: Sendable {
    /// What is asked of the model.
    public enum OutputType: String, Sendable, Hashable {
        case multipleChoice = "multiple_choice"
        case logLikelihood = "loglikelihood"
        case rollingLogLikelihood = "loglikelihood_rolling"
        case generateUntil = "generate_until"
    }

    /// A metric of the task's list.
    struct MetricEntry: Sendable {
        var name: String
        var settings: JSON.Object
    }

    struct FilterChain: Sendable {
        var name: String
        var steps: [TaskFilter]
    }

    /// The task's name.
    public let name: String
    /// The file that it was read from.
    public let path: String
    /// What is asked.
    public let outputType: OutputType
    /// The version that its makers gave it.
    public let version: JSON
    /// The number of examples before each question.
    public var shots: Int
    let metrics: [MetricEntry]
    let filters: [FilterChain]
    let generation: GenerationSettings
    let repeats: Int
    let config: JSON.Object

    /// Every key that a task may have; those of images and of Python are refused with a reason where they are read.
    private static let knownKeys: Set<String> = [
        "task", "task_alias", "tag", "group", "dataset_path", "dataset_name", "dataset_kwargs", "training_split",
        "validation_split", "test_split", "fewshot_split", "doc_to_text", "doc_to_target", "doc_to_choice",
        "description",
        "target_delimiter", "fewshot_delimiter", "fewshot_config", "num_fewshot", "metric_list", "output_type",
        "generation_kwargs", "repeats", "filter_list", "should_decontaminate", "doc_to_decontamination_query",
        "gen_prefix",
        "metadata", "unsafe_code",
    ]

    /// Reads a task's keys.
    ///
    /// - Throws: `EvaluationError` naming file and key: for unknown keys, unknown metrics and filters, and whatever would run code.
    init(_ config: JSON.Object, path: String) throws(EvaluationError) {
        func fail(_ key: String, _ reason: String, _ remedy: String = "") -> EvaluationError {
            EvaluationError(.task, at: "\(path), \(key)", reason, remedy: remedy)
        }
        for key in [
            "process_docs", "process_results", "custom_dataset", "use_prompt", "doc_to_image", "doc_to_audio", "class",
        ]
        where config[key].map({ !$0.isNull }) ?? false {
            throw EvaluationError(
                .refused, at: "\(path), \(key)", "needs Python or other media, which tasks here do not have")
        }
        if config["unsafe_code"] == true {
            throw EvaluationError(.refused, at: "\(path), unsafe_code", "would run answers")
        }
        let nullable: Set<String> = [
            "process_docs", "process_results", "custom_dataset", "use_prompt", "doc_to_image", "doc_to_audio",
        ]
        if let key = config.keys.first(where: { !Self.knownKeys.contains($0) && !nullable.contains($0) }) {
            throw fail(key, "is no key of a task", "known are \(Self.knownKeys.sorted().joined(separator: ", "))")
        }
        let file = path.split(separator: "/").last.map(String.init) ?? path
        name = config["task"]?.stringValue ?? String(file.split(separator: ".").first ?? "task")
        self.path = path
        self.config = config
        let kind = config["output_type"]?.stringValue ?? "generate_until"
        guard let type = OutputType(rawValue: kind) else {
            throw fail(
                "output_type", "is \(kind)",
                "use multiple_choice, loglikelihood, loglikelihood_rolling or generate_until")
        }
        outputType = type
        version = config["metadata"]?["version"] ?? .string("Yaml")
        shots = try Self.count(config["num_fewshot"], 0, "\(path), num_fewshot")
        repeats = max(try Self.count(config["repeats"], 1, "\(path), repeats"), 1)
        metrics = try Self.metrics(config["metric_list"], type, path)
        filters = try Self.filters(config["filter_list"], path)
        generation = try Self.generation(
            config["generation_kwargs"], config["fewshot_delimiter"]?.stringValue ?? "\n\n", path)
        if type == .multipleChoice, config["doc_to_choice"] == nil { throw fail("doc_to_choice", "is missing") }
        for key in ["doc_to_target"] where config[key] == nil { throw fail(key, "is missing") }
    }

    private static func count(_ value: JSON?, _ standard: Int, _ place: String) throws(EvaluationError) -> Int {
        guard let value, !value.isNull else { return standard }
        guard let count = value.intValue, (0...10_000).contains(count) else {
            throw EvaluationError(.task, at: place, "is \(value.text()), not a number from 0 to 10000")
        }
        return count
    }

    private static func metrics(_ list: JSON?, _ type: OutputType, _ path: String) throws(EvaluationError)
        -> [MetricEntry]
    {
        let known = TaskMetrics.known(type)
        guard let list, !list.isNull else {
            return TaskMetrics.usual(type).map { MetricEntry(name: $0, settings: [:]) }
        }
        var entries: [MetricEntry] = []
        for (index, entry) in (list.arrayValue ?? []).enumerated() {
            let place = "\(path), metric_list[\(index)]"
            guard let name = entry["metric"]?.stringValue, let settings = entry.objectValue else {
                throw EvaluationError(.task, at: place, "names no metric")
            }
            guard known.contains(name) else {
                throw EvaluationError(
                    .task, at: place, "\(name) is no metric of \(type.rawValue)",
                    remedy: "known are \(known.joined(separator: ", "))")
            }
            entries.append(MetricEntry(name: name, settings: settings))
        }
        return entries
    }

    private static func filters(_ list: JSON?, _ path: String) throws(EvaluationError) -> [FilterChain] {
        guard let list, !list.isNull else { return [FilterChain(name: "none", steps: [.takeFirst])] }
        var chains: [FilterChain] = []
        for (index, entry) in (list.arrayValue ?? []).enumerated() {
            let place = "\(path), filter_list[\(index)]"
            var steps: [TaskFilter] = []
            for step in entry["filter"]?.arrayValue ?? [] { steps.append(try TaskFilter(step, at: place)) }
            chains.append(FilterChain(name: entry["name"]?.stringValue ?? "none", steps: steps))
        }
        return chains
    }

    private static func generation(
        _ value: JSON?, _ delimiter: String, _ path: String
    ) throws(EvaluationError) -> GenerationSettings {
        var settings = GenerationSettings(stops: [delimiter])
        guard let value, !value.isNull else { return settings }
        if let stops = value["until"], !stops.isNull {
            settings.stops = stops.stringValue.map { [$0] } ?? stops.arrayValue?.compactMap(\.stringValue) ?? []
        }
        for key in ["max_completion_tokens", "max_tokens", "max_new_tokens", "max_gen_toks"] {
            if let limit = value[key], !limit.isNull {
                settings.maximumTokens = try count(limit, 256, "\(path), generation_kwargs, \(key)")
            }
        }
        if value["do_sample"] == true {
            settings.temperature = value["temperature"]?.doubleValue ?? 1
            settings.topP = value["top_p"]?.doubleValue ?? 1
        }
        return settings
    }
}
