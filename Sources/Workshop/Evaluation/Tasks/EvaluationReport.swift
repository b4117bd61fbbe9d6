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
        if options.keepsSamples { members["samples"] = byTask { .array($0.details) } }
        return .object(members)
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
        return text
    }

    /// One page without scripts: the table, and for metrics from 0 to 1 a bar with its 95% interval.
    public var html: String {
        var body =
            "<h1>\(Self.escaped(model))</h1>\n<table><tr><th>Task<th>Filter<th>n-shot<th>Samples<th>Metric<th>Value<th>Stderr</tr>\n"
        for row in rows {
            body += "<tr><td>\(Self.escaped(row.task))<td>\(Self.escaped(row.filter))<td>\(row.shots)<td>\(row.samples)"
            body += "<td>\(Self.escaped(row.metric))<td>\(row.value.formatted("%.4f"))<td>"
            body += (row.error.map { "± " + $0.formatted("%.4f") } ?? "") + "</tr>\n"
        }
        body += "</table>\n" + plot
        return """
            <!doctype html><html lang="en"><head><meta charset="utf-8"><title>\(Self.escaped(model))</title><style>
            body{font:15px system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222;background:#fff}
            table{border-collapse:collapse}td,th{padding:.3em .8em;text-align:left;border-bottom:1px solid #ddd}
            svg{max-width:100%;height:auto;margin-top:1.5em}
            </style></head><body>
            \(body)</body></html>

            """
    }

    private var plot: String {
        let rows = rows.filter {
            (0...1).contains($0.value) && !$0.metric.hasSuffix("perplexity") && $0.metric != "bits_per_byte"
        }
        guard !rows.isEmpty else { return "" }
        let (left, width, step) = (300.0, 420.0, 26.0)
        let height = Double(rows.count) * step + 40
        var svg = "<svg viewBox=\"0 0 800 \(Int(height))\" role=\"img\" aria-label=\"Values with 95% intervals\" "
        svg += "xmlns=\"http://www.w3.org/2000/svg\" font-size=\"13\" font-family=\"system-ui,sans-serif\">\n"
        for tick in 0...4 {
            let x = left + width * Double(tick) / 4
            svg += "<line x1=\"\(x)\" y1=\"5\" x2=\"\(x)\" y2=\"\(height - 25)\" stroke=\"#ddd\"/>"
            svg += "<text x=\"\(x)\" y=\"\(height - 8)\" text-anchor=\"middle\">\(Double(tick) / 4)</text>\n"
        }
        for (index, row) in rows.enumerated() {
            let y = 8 + Double(index) * step
            let label = Self.escaped("\(row.task) \(row.metric)" + (row.filter == "none" ? "" : " (\(row.filter))"))
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

    private static func escaped(_ text: String) -> String {
        text.replacingScalars("&", with: "&amp;").replacingScalars("<", with: "&lt;").replacingScalars(
            ">", with: "&gt;"
        )
        .replacingScalars("\"", with: "&quot;")
    }
}
