package import JSONValues

/// A template in the language of Jinja, as chat templates use it: parsed once, rendered any number of times.
///
/// It renders what Python's Jinja renders in the sandbox that chat templates are written for: immutable values, trimmed
/// blocks, `break` and `continue`. `include`, `import` and `extends` are refused.
package struct Template: Sendable {
    /// The name that errors give.
    package let name: String
    /// The text that was parsed.
    package let source: String
    /// What one rendering may use.
    package private(set) var limits: TemplateLimits
    /// What the rules of white space and of undefined variables are.
    package let style: TemplateStyle
    private let statements: [Statement]
    private let nameIDs: [String: Int]
    var clock = TemplateClock()

    /// Parses a template.
    ///
    /// - Throws: ``TemplateError`` of kind `.syntax`, `.refused` or `.limit`, with the line.
    package init(_ source: String, name: String) throws(TemplateError) {
        try self.init(source, name: name, limits: TemplateLimits())
    }

    /// Parses a template that renders within `limits`.
    ///
    /// - Throws: ``TemplateError`` of kind `.syntax`, `.refused` or `.limit`, with the line.
    package init(
        _ source: String, name: String, limits: TemplateLimits, style: TemplateStyle = .chat
    ) throws(TemplateError) {
        self.name = name
        self.source = source
        self.limits = limits
        self.style = style
        var parser = try Parser(source, name: name, limits: limits, style: style)
        statements = try parser.parseTemplate()
        nameIDs = parser.nameIDs
    }

    /// The same template within other bounds of rendering.
    func limited(to limits: TemplateLimits) -> Template {
        var template = self
        template.limits = limits
        return template
    }

    /// Renders the template; variables that it does not name cost nothing.
    ///
    /// - Throws: ``TemplateError`` with the line; of kind `.raised` if the template called `raise_exception`.
    package func render(_ variables: JSON.Object) throws(TemplateError) -> String {
        try render(variables, inputs: []).text
    }

    /// Renders the template and tells which of the text it took from the variables named in `inputs`.
    ///
    /// - Throws: ``TemplateError`` with the line; of kind `.raised` if the template called `raise_exception`.
    func render(_ variables: JSON.Object, inputs: Set<String>) throws(TemplateError) -> MarkedText {
        let evaluator = Evaluator(limits: limits, clock: clock, isStrict: style == .plain)
        do throws(TemplateError) {
            for (key, json) in variables {
                guard let id = nameIDs[key] else { continue }
                guard let value = Value(json, depth: limits.depth, isInput: inputs.contains(key)) else {
                    throw TemplateError(
                        .limit, "the variable '\(key)' nests deeper than \(limits.depth) levels",
                        remedy: "TemplateLimits.depth bounds it")
                }
                evaluator.root.set(id, to: value)
            }
            _ = try evaluator.execute(statements)
            return evaluator.output
        } catch {
            throw error.located(template: name, line: evaluator.line)
        }
    }
}
