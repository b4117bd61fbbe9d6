public import JSONValues

extension RunComparison {
    /// One object: `models`, `rows`, `changes`, `notes`.
    public var json: JSON {
        let rows = rows.map { row -> JSON in
            var members: JSON.Object = [
                "task": .string(row.task), "filter": .string(row.filter), "metric": .string(row.metric),
                "samples": .integer(row.samples), "first": .number(row.first), "second": .number(row.second),
                "difference": .number(row.difference), "better": .integer(row.better), "worse": .integer(row.worse),
            ]
            if let interval = row.interval {
                members["interval"] = [.number(interval.low), .number(interval.high)]
            }
            if let value = row.pValue { members["p_value"] = .number(value) }
            return .object(members)
        }
        let changes = changes.map { change -> JSON in
            [
                "task": .string(change.task), "filter": .string(change.filter), "metric": .string(change.metric),
                "doc_id": .integer(change.document), "doc": change.content, "target": change.target,
                "first": .number(change.first.value), "second": .number(change.second.value),
                "first_answer": change.first.answer, "second_answer": change.second.answer,
            ]
        }
        return [
            "models": .array(models.map { .string($0) }), "rows": .array(rows), "changes": .array(changes),
            "notes": .array(notes.map { .string($0) }),
        ]
    }

    /// How a row's certainty reads.
    private func certainty(_ row: Row) -> (interval: String, test: String) {
        let interval = row.interval.map { "\(signed($0.low)) to \(signed($0.high))" } ?? ""
        return (interval, row.pValue.map { $0.formatted("%.3g") } ?? "")
    }

    private func signed(_ value: Double) -> String { value.formatted("%+.4f") }

    /// How many changed questions the readable forms list.
    private static let listed = 50

    private var remainder: String? {
        changes.count > Self.listed
            ? "\(changes.count - Self.listed) more questions changed; the JSON form has all." : nil
    }

    /// A table of metrics, and one of the first questions that changed.
    public var markdown: String {
        var text = "First: \(models[0]). Second: \(models[1]).\n\n"
        text +=
            "| Task | Filter | Metric | Samples | First | Second | Difference | 95% interval | Better | Worse | p |\n"
        text += "|---|---|---|---:|---:|---:|---:|---|---:|---:|---:|\n"
        for row in rows {
            let (interval, test) = certainty(row)
            text += "| \(row.task) | \(row.filter) | \(row.metric) | \(row.samples) | \(row.first.formatted("%.4f")) | "
            text += "\(row.second.formatted("%.4f")) | \(signed(row.difference)) | \(interval) | \(row.better) | "
            text += "\(row.worse) | \(test) |\n"
        }
        for note in notes { text += "\n\(note)\n" }
        guard !changes.isEmpty else { return text }
        text += "\n| Task | Question | Metric | First | Second | Right | First answer | Second answer |\n"
        text += "|---|---|---|---:|---:|---|---|---|\n"
        for change in changes.prefix(Self.listed) {
            let cells = [change.target, change.first.answer, change.second.answer].map {
                ReportPage.cell(Self.readable($0), limit: 80)
            }
            text +=
                "| \(change.task) | \(change.document) | \(change.metric) | \(change.first.value.formatted("%.4g")) | "
            text += "\(change.second.value.formatted("%.4g")) | \(cells.joined(separator: " | ")) |\n"
        }
        return text + (remainder.map { "\n\($0)\n" } ?? "")
    }

    private static func readable(_ value: JSON) -> String {
        if let list = value.arrayValue, list.count == 1, let text = list[0].stringValue { return text }
        return value.stringValue ?? value.text()
    }

    /// A page without scripts: the metrics, their differences with intervals drawn, and the questions that changed.
    public var html: String {
        let title = "\(models[1]) against \(models[0])"
        var body = "<h1>\(ReportPage.escaped(title))</h1>\n<table><tr><th>Task<th>Metric<th>Samples<th>First<th>Second"
        body += "<th>Difference<th>95% interval<th>Better<th>Worse<th>p</tr>\n"
        for row in rows {
            let (interval, test) = certainty(row)
            let metric = row.metric + (row.filter == "none" ? "" : " (\(row.filter))")
            body += "<tr><td>\(ReportPage.escaped(row.task))<td>\(ReportPage.escaped(metric))<td>\(row.samples)"
            body += "<td>\(row.first.formatted("%.4f"))<td>\(row.second.formatted("%.4f"))<td>\(signed(row.difference))"
            body += "<td>\(interval)<td>\(row.better)<td>\(row.worse)<td>\(test)</tr>\n"
        }
        body += "</table>\n" + plot
        for note in notes { body += "<p>\(ReportPage.escaped(note))</p>\n" }
        guard !changes.isEmpty else { return ReportPage.page(title, body: body) }
        body += "<h2>What changed</h2>\n<table><tr><th>Task<th>Question<th>Metric<th>Right<th>First<th>Second</tr>\n"
        for change in changes.prefix(Self.listed) {
            let isBetter = change.second.value > change.first.value
            body += "<tr><td>\(ReportPage.escaped(change.task)) \(change.document)"
            body +=
                "<td><pre>\(ReportPage.escaped(change.content.text()))</pre><td>\(ReportPage.escaped(change.metric))"
            body += "<td><pre>\(ReportPage.escaped(Self.readable(change.target)))</pre>"
            for (answer, mark) in [
                (change.first, isBetter ? "bad" : "good"), (change.second, isBetter ? "good" : "bad"),
            ] {
                body += "<td class=\"\(mark)\">\(answer.value.formatted("%.4g"))"
                body += "<pre>\(ReportPage.escaped(Self.readable(answer.answer)))</pre>"
            }
            body += "</tr>\n"
        }
        body += "</table>\n" + (remainder.map { "<p>\($0)</p>\n" } ?? "")
        return ReportPage.page(title, body: body)
    }

    /// Differences with their intervals around a line of no difference.
    private var plot: String {
        let drawn = rows.filter { $0.interval != nil && $0.metric != "perplexity" }
        let reach =
            drawn.flatMap { [$0.interval?.low ?? 0, $0.interval?.high ?? 0, $0.difference] }.map(abs).max() ?? 0
        guard reach > 0 else { return "" }
        let (middle, scale, step) = (520.0, 200 / reach, 26.0)
        let height = Double(drawn.count) * step + 40
        var svg = ReportPage.drawing(width: 800, height: height, label: "Differences with 95% intervals")
        svg += "<line x1=\"\(middle)\" y1=\"5\" x2=\"\(middle)\" y2=\"\(height - 25)\" stroke=\"#999\"/>\n"
        for (offset, label) in [(-reach, signed(-reach)), (0, "0"), (reach, signed(reach))] {
            svg += "<text x=\"\(middle + offset * scale)\" y=\"\(height - 8)\" text-anchor=\"middle\">\(label)</text>\n"
        }
        for (index, row) in drawn.enumerated() {
            guard let interval = row.interval else { continue }
            let y = 16 + Double(index) * step
            let isClear = interval.low > 0 || interval.high < 0
            let label = ReportPage.escaped("\(row.task) \(row.metric)")
            svg += "<text x=\"300\" y=\"\(y + 4)\" text-anchor=\"end\">\(label)</text>"
            svg += "<line x1=\"\(middle + interval.low * scale)\" y1=\"\(y)\" x2=\"\(middle + interval.high * scale)\" "
            svg += "y2=\"\(y)\" stroke=\"\(isClear ? "#1f5f99" : "#999")\" stroke-width=\"3\"/>"
            svg += "<circle cx=\"\(middle + row.difference * scale)\" cy=\"\(y)\" r=\"5\" "
            svg += "fill=\"\(isClear ? "#1f5f99" : "#999")\"/>\n"
        }
        return svg + "</svg>\n"
    }
}
