extension TemplateError {
    /// An error of the evaluator, which gets its template and line where rendering stops.
    init(_ kind: Kind, _ reason: String, remedy: String = "") {
        self.init(kind: kind, template: "", line: 0, reason: reason, remedy: remedy)
    }

    static func operation(_ reason: String, remedy: String = "") -> TemplateError {
        TemplateError(.operation, reason, remedy: remedy)
    }

    static func undefined(_ reason: String) -> TemplateError { TemplateError(.undefined, reason) }

    func located(template: String, line: Int) -> TemplateError {
        guard self.line == 0 else { return self }
        return TemplateError(kind: kind, template: template, line: line, reason: reason, remedy: remedy)
    }
}
