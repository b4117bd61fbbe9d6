public import JSONValues

/// What a task, or a group of tasks, gave.
public struct TaskResult: Sendable {
    /// The task's name.
    public let name: String
    /// The number of questions, those without an answer left out.
    public let samples: Int
    /// The number of questions that a server left without an answer.
    public let unanswered: Int
    /// The version of the task.
    public let version: JSON
    /// The number of examples before each question.
    public let shots: Int
    /// Values by lm-evaluation-harness's names, such as `acc_norm,none`.
    public internal(set) var metrics: [String: Double] = [:]
    /// Standard errors by names such as `acc_stderr,none`; nil where there is none.
    public internal(set) var errors: [String: Double?] = [:]
    /// What each question gave, where that was asked for.
    public internal(set) var details: [JSON] = []
    /// Whether this is a group.
    public let isGroup: Bool

    init(task: EvaluationTask, samples: Int, unanswered: Int = 0) {
        (name, version, shots, isGroup) = (task.name, task.version, task.shots, false)
        (self.samples, self.unanswered) = (samples, unanswered)
    }

    init(group: String, samples: Int, unanswered: Int) {
        (name, version, shots, isGroup) = (group, .null, 0, true)
        (self.samples, self.unanswered) = (samples, unanswered)
    }

    /// The metrics with their errors, by name.
    public var json: JSON {
        var members: JSON.Object = ["alias": .string(name)]
        for (key, value) in metrics.sorted(by: { $0.key < $1.key }) {
            members[key] = .number(value)
            let parts = key.split(separator: ",", maxSplits: 1)
            let errorKey = "\(parts.first ?? "")_stderr,\(parts.last ?? "none")"
            if let error = errors[errorKey] { members[errorKey] = error.map { .number($0) } ?? "N/A" }
        }
        return .object(members)
    }

    /// The mean of tasks in a group: by size with the pooled error, or unweighted with the root of summed squares over the number.
    static func group(_ group: TaskGroup, _ results: [TaskResult]) -> TaskResult {
        var combined = TaskResult(
            group: group.name, samples: results.reduce(0) { $0 + $1.samples },
            unanswered: results.reduce(0) { $0 + $1.unanswered })
        for entry in group.metrics {
            let keys = Set(results.flatMap { $0.metrics.keys }).filter { key in
                let parts = key.split(separator: ",", maxSplits: 1).map(String.init)
                return parts.first == entry.metric && entry.filters.map { $0.contains(parts.last ?? "") } ?? true
            }
            for key in keys {
                let members = results.filter { $0.metrics[key] != nil }
                let sizes = members.map { entry.isWeighted ? Double($0.samples) : 1 }
                let total = sizes.reduce(0, +)
                guard total > 0 else { continue }
                combined.metrics[key] = zip(members, sizes).reduce(0) { $0 + ($1.0.metrics[key] ?? 0) * $1.1 } / total
                let parts = key.split(separator: ",", maxSplits: 1)
                let errorKey = "\(parts.first ?? "")_stderr,\(parts.last ?? "none")"
                let errors = members.compactMap { $0.errors[errorKey] ?? nil }
                combined.errors[errorKey] = .some(
                    errors.count == members.count
                        ? Self.error(errors, members.map { Double($0.samples) }, isWeighted: entry.isWeighted) : nil)
            }
        }
        return combined
    }

    private static func error(_ errors: [Double], _ sizes: [Double], isWeighted: Bool) -> Double? {
        guard isWeighted else {
            return errors.reduce(0) { $0 + $1 * $1 }.squareRoot() / Double(errors.count)
        }
        let total = sizes.reduce(0, +)
        guard total > Double(sizes.count) else { return nil }
        let sum = zip(errors, sizes).reduce(0) { $0 + ($1.1 - 1) * $1.0 * $1.0 * $1.1 }
        return (sum / (total - Double(sizes.count)) / total).squareRoot()
    }
}

/// Tasks whose results are put together.
public struct TaskGroup: Sendable {
    struct Entry: Sendable {
        var metric: String
        var filters: [String]?
        var isWeighted: Bool
    }

    /// The group's name.
    public let name: String
    /// The names of its tasks and groups.
    public let members: [String]
    let metrics: [Entry]

    init(_ config: JSON.Object, path: String) throws(EvaluationError) {
        name = config["group"]?.stringValue ?? ""
        members =
            config["task"].map { ($0.arrayValue ?? [$0]).compactMap { $0.stringValue ?? $0["task"]?.stringValue } }
            ?? []
        guard !members.isEmpty else { throw EvaluationError(.task, at: "\(path), task", "names no tasks of the group") }
        metrics = (config["aggregate_metric_list"].map { $0.arrayValue ?? [$0] } ?? []).map { entry in
            let filters = entry["filter_list"].map {
                $0.arrayValue?.compactMap(\.stringValue) ?? [$0.stringValue ?? ""]
            }
            return Entry(
                metric: entry["metric"]?.stringValue ?? "", filters: filters,
                isWeighted: entry["weight_by_size"]?.boolValue ?? true)
        }
    }
}
