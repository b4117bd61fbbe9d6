public import JSONValues

/// The results of a run as JSON, Markdown and a page with plots.
public struct EvaluationReport: Sendable {
    /// The model's name.
    public let model: String
    /// Each task's results.
    public let results: [TaskResult]
    /// Each group's results.
    public let groups: [TaskResult]
    let options: TaskEvaluator.Options
    let missing: TaskEvaluator.Missing?
    /// How long the run took.
    public let seconds: Double

    /// One object: `results`, `groups`, `versions`, `n-shot`, `n-samples`, `config`, and `samples` where they were kept.
    public var json: JSON {
        var results = JSON.Object()
        for result in self.results + groups { results[result.name] = result.json }
        func byTask(_ value: (TaskResult) -> JSON) -> JSON {
            .object(JSON.Object(self.results.map { ($0.name, value($0)) }, uniquingKeysWith: { $1 }))
        }
        var members: JSON.Object = [
            "results": .object(results),
            "groups": .object(JSON.Object(groups.map { ($0.name, $0.json) }, uniquingKeysWith: { $1 })),
            "versions": byTask(\.version), "n-shot": byTask { .integer($0.shots) },
            "n-samples": byTask { .integer($0.samples) },
            "config": [
                "model": .string(model), "limit": options.limit.map { .integer($0) } ?? .null,
                "fewshot_seed": .integer(options.seed),
            ],
            "seconds": .number(seconds),
        ]
        if let failure {
            members["unanswered"] = byTask { .integer($0.unanswered) }
            members["failure"] = .string(failure)
        }
        if options.keepsSamples { members["samples"] = byTask { .array($0.details) } }
        return .object(members)
    }

    /// What a server left without an answer, in a sentence; nil if all was answered.
    public var failure: String? {
        missing.map {
            "\($0.count) of \($0.total) requests were not answered, and the numbers are of the rest; \($0.reason)"
        }
    }

    /// One row a metric: task, version, filter, shots, metric, value and standard error.
    private var rows:
        [(task: String, filter: String, shots: Int, samples: Int, metric: String, value: Double, error: Double?)]
    {
        (results + groups).flatMap { result in
            result.metrics.sorted { $0.key < $1.key }.map { key, value in
                let parts = key.split(separator: ",", maxSplits: 1).map(String.init)
                let filter = parts.count > 1 ? parts[1] : "none"
                let error = result.errors["\(parts[0])_stderr,\(filter)"] ?? nil
                return (result.name, filter, result.shots, result.samples, parts[0], value, error)
            }
        }
    }

    /// A table as lm-evaluation-harness prints it.
    public var markdown: String {
        var text = "| Task | Filter | n-shot | Samples | Metric | Value | Stderr |\n|---|---|---:|---:|---|---:|---:|\n"
        for row in rows {
            text += "| \(row.task) | \(row.filter) | \(row.shots) | \(row.samples) | \(row.metric) | "
            text += "\(row.value.formatted("%.4f")) | \(row.error.map { "± " + $0.formatted("%.4f") } ?? "N/A") |\n"
        }
        return text + (failure.map { "\n**\($0)**\n" } ?? "")
    }

    /// One page without scripts: the table, and for metrics from 0 to 1 a bar with its 95% interval.
    public var html: String {
        var body =
            "<h1>\(ReportPage.escaped(model))</h1>\n<table><tr><th>Task<th>Filter<th>n-shot<th>Samples<th>Metric<th>Value<th>Stderr</tr>\n"
        for row in rows {
            body +=
                "<tr><td>\(ReportPage.escaped(row.task))<td>\(ReportPage.escaped(row.filter))<td>\(row.shots)<td>\(row.samples)"
            body += "<td>\(ReportPage.escaped(row.metric))<td>\(row.value.formatted("%.4f"))<td>"
            body += (row.error.map { "± " + $0.formatted("%.4f") } ?? "") + "</tr>\n"
        }
        body += "</table>\n" + (failure.map { "<p><b>\(ReportPage.escaped($0))</b></p>\n" } ?? "") + plot
        return ReportPage.page(model, body: body)
    }

    private var plot: String {
        let rows = rows.filter {
            (0...1).contains($0.value) && !$0.metric.hasSuffix("perplexity") && $0.metric != "bits_per_byte"
        }
        guard !rows.isEmpty else { return "" }
        let (left, width, step) = (300.0, 420.0, 26.0)
        let height = Double(rows.count) * step + 40
        var svg = ReportPage.drawing(width: 800, height: height, label: "Values with 95% intervals")
        for tick in 0...4 {
            let x = left + width * Double(tick) / 4
            svg += "<line x1=\"\(x)\" y1=\"5\" x2=\"\(x)\" y2=\"\(height - 25)\" stroke=\"#ddd\"/>"
            svg += "<text x=\"\(x)\" y=\"\(height - 8)\" text-anchor=\"middle\">\(Double(tick) / 4)</text>\n"
        }
        for (index, row) in rows.enumerated() {
            let y = 8 + Double(index) * step
            let label = ReportPage.escaped(
                "\(row.task) \(row.metric)" + (row.filter == "none" ? "" : " (\(row.filter))"))
            svg += "<text x=\"\(left - 8)\" y=\"\(y + 14)\" text-anchor=\"end\">\(label)</text>"
            svg += "<rect x=\"\(left)\" y=\"\(y)\" width=\"\(row.value * width)\" height=\"18\" fill=\"#4a7fb5\"/>"
            if let error = row.error {
                let (low, high) = (max(0, row.value - 1.96 * error), min(1, row.value + 1.96 * error))
                svg +=
                    "<line x1=\"\(left + low * width)\" y1=\"\(y + 9)\" x2=\"\(left + high * width)\" y2=\"\(y + 9)\" "
                svg += "stroke=\"#222\" stroke-width=\"2\"/>"
            }
            svg += "<text x=\"\(left + width + 12)\" y=\"\(y + 14)\">\(row.value.formatted("%.3f"))</text>\n"
        }
        return svg + "</svg>\n"
    }
}
