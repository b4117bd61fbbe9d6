import Evaluation
public import JSONValues

extension SuiteRun {
    /// One object: `suite`, `passed`, `failed`, `outcomes`.
    public var json: JSON {
        let entries = outcomes.map { outcome -> JSON in
            var members: JSON.Object = [
                "model": .string(outcome.model), "prompt": .string(outcome.prompt), "test": .string(outcome.test),
                "variables": .object(outcome.variables), "passes": .bool(outcome.passes),
                "answer": .string(outcome.answer), "seconds": .number(outcome.seconds),
                "checks": .integer(outcome.checks),
                "failures": .array(
                    outcome.failures.map { ["check": .string($0.check), "reason": .string($0.reason)] }),
            ]
            if let error = outcome.error { members["error"] = .string(error) }
            return .object(members)
        }
        return [
            "suite": .string(suite.path), "passed": .integer(passed), "failed": .integer(outcomes.count - passed),
            "outcomes": .array(entries),
        ]
    }

    private var models: [String] {
        outcomes.reduce(into: []) { models, outcome in
            if !models.contains(outcome.model) { models.append(outcome.model) }
        }
    }

    private var prompts: [String] {
        outcomes.reduce(into: []) { prompts, outcome in
            if !prompts.contains(outcome.prompt) { prompts.append(outcome.prompt) }
        }
    }

    /// What passes of each prompt with each model, then what fails and why.
    public var markdown: String {
        var text = "| Model | Prompt | Passed | Of | Seconds |\n|---|---|---:|---:|---:|\n"
        for model in models {
            for prompt in prompts {
                let rows = outcomes.filter { $0.model == model && $0.prompt == prompt }
                let seconds = rows.reduce(0) { $0 + $1.seconds } / Double(max(rows.count, 1))
                text += "| \(ReportPage.cell(model)) | \(ReportPage.cell(prompt)) | \(rows.count(where: \.passes)) | "
                text += "\(rows.count) | \(seconds.formatted("%.2f")) |\n"
            }
        }
        for outcome in outcomes where !outcome.passes {
            text += "\n- **\(outcome.model), \(outcome.prompt), \(outcome.test)** "
            text += "\(JSON.object(outcome.variables).text()): "
            let reasons = outcome.error.map { [$0] } ?? outcome.failures.map { "\($0.check): \($0.reason)" }
            text += ReportPage.cell(reasons.joined(separator: "; "), limit: 400)
            text += "\n  said: \(ReportPage.cell(outcome.answer, limit: 200))"
        }
        return text + (passed == outcomes.count ? "" : "\n")
    }

    /// A page with every answer.
    public var html: String {
        var body = "<h1>\(ReportPage.escaped(suite.path))</h1>\n<p>\(passed) of \(outcomes.count) cases pass.</p>\n"
        let shares = models.map { model in
            prompts.map { prompt -> Double? in
                let rows = outcomes.filter { $0.model == model && $0.prompt == prompt }
                return rows.isEmpty ? nil : Double(rows.count(where: \.passes)) / Double(rows.count)
            }
        }
        body += HeatMap(rows: models, columns: prompts, values: shares, label: "Shares of cases that pass").svg
        body += "<table><tr><th>Model<th>Prompt<th>Test<th>Variables<th>Answer<th>Result</tr>\n"
        for outcome in outcomes {
            let reasons = outcome.error.map { [$0] } ?? outcome.failures.map { "\($0.check): \($0.reason)" }
            body += "<tr>"
            for text in [outcome.model, outcome.prompt, outcome.test] { body += "<td>\(ReportPage.escaped(text))" }
            body += "<td><pre>\(ReportPage.escaped(JSON.object(outcome.variables).text()))</pre>"
            body +=
                "<td><pre>\(ReportPage.escaped(outcome.answer))</pre><td class=\"\(outcome.passes ? "good" : "bad")\">"
            body += (outcome.passes ? "passes" : ReportPage.escaped(reasons.joined(separator: "; "))) + "</tr>\n"
        }
        return ReportPage.page(suite.path, body: body + "</table>\n")
    }

    /// The outcomes in JUnit's XML, a suite for each model, for continuous integration.
    public var junit: String {
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        text += "<testsuites tests=\"\(outcomes.count)\" failures=\"\(outcomes.count - passed)\">\n"
        for model in models {
            let rows = outcomes.filter { $0.model == model }
            let (errors, seconds) = (rows.count { $0.error != nil }, rows.reduce(0) { $0 + $1.seconds })
            text += "<testsuite name=\"\(xml(model))\" tests=\"\(rows.count)\" errors=\"\(errors)\" "
            text += "failures=\"\(rows.count { !$0.failures.isEmpty })\" time=\"\(seconds.formatted("%.3f"))\">\n"
            for row in rows {
                let name = "\(row.test) \(JSON.object(row.variables).text())"
                text += "<testcase classname=\"\(xml(row.prompt))\" name=\"\(xml(name))\" "
                text += "time=\"\(row.seconds.formatted("%.3f"))\">"
                if let error = row.error { text += "<error message=\"\(xml(error))\"/>" }
                for failure in row.failures {
                    text +=
                        "<failure message=\"\(xml("\(failure.check): \(failure.reason)"))\">\(xml(row.answer))</failure>"
                }
                text += "</testcase>\n"
            }
            text += "</testsuite>\n"
        }
        return text + "</testsuites>\n"
    }

    /// A text in XML, which has no place for most control characters.
    private func xml(_ text: String) -> String {
        let allowed = text.unicodeScalars.map { scalar -> Unicode.Scalar in
            let isControl = scalar.value < 0x20 && !["\t", "\n", "\r"].contains(scalar)
            return isControl || scalar.value == 0xFFFE || scalar.value == 0xFFFF ? "\u{FFFD}" : scalar
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: allowed)
        return ReportPage.escaped(String(view)).replacing("\n", with: "&#10;")
    }
}
