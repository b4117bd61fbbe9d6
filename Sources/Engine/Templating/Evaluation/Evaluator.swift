/// Runs the statements of one rendering.
///
/// Values and scopes are confined to one evaluator and one thread.
final class Evaluator {
    let limits: TemplateLimits
    let clock: TemplateClock
    /// The line of what is being evaluated, for errors.
    var line = 1
    var scope: Scope
    let root: Scope
    /// What has been rendered; macros and blocks put their own text in its place for a while.
    var output = MarkedText("")
    /// Everything through which values can refer to themselves.
    private var namespaces: [Namespace] = []
    private var scopes: [Scope] = []
    private var steps = 0
    private var depth = 0
    private let gauge = StackGauge()

    /// Whether printing and testing something undefined is an error.
    let isStrict: Bool

    init(limits: TemplateLimits, clock: TemplateClock, isStrict: Bool = false) {
        self.isStrict = isStrict
        self.limits = limits
        self.clock = clock
        root = Scope(parent: nil)
        scope = root
    }

    deinit {
        for namespace in namespaces { namespace.members = [:] }
        for scope in scopes { scope.clear() }
        root.clear()
    }

    /// The value; in strict templates something undefined is an error where it is printed, tested or looped over.
    func defined(_ value: Value) throws(TemplateError) -> Value {
        if isStrict, case .undefined(let reason) = value { throw .undefined(reason) }
        return value
    }

    /// Counts work; throws when there was too much of it.
    func spend(_ amount: Int = 1) throws(TemplateError) {
        let (sum, overflow) = steps.addingReportingOverflow(max(amount, 1))
        guard !overflow, sum <= limits.steps else {
            throw TemplateError(
                .limit, "rendering takes more than \(limits.steps) steps", remedy: "TemplateLimits.steps bounds it")
        }
        steps = sum
    }

    /// Counts the work of going through a value.
    func spend(on value: Value) throws(TemplateError) { try spend(value.extent.size) }

    /// Checks text that a template made, and counts the work of making it.
    func checked(_ text: String) throws(TemplateError) -> String {
        try reserve(bytes: text.utf8.count)
        return text
    }

    func checked(_ text: MarkedText) throws(TemplateError) -> MarkedText {
        try reserve(bytes: text.text.utf8.count)
        return text
    }

    /// Counts the work of making a text before it is made.
    func reserve(bytes: Int) throws(TemplateError) {
        guard bytes <= limits.outputBytes else {
            throw TemplateError(
                .limit, "a text grows to \(bytes) bytes; the limit is \(limits.outputBytes)",
                remedy: "TemplateLimits.outputBytes bounds it")
        }
        try spend(bytes / 64)
    }

    /// Checks a container that a template made.
    func checked(_ value: Value) throws(TemplateError) -> Value {
        guard value.extent.depth <= limits.depth else {
            throw TemplateError(
                .limit, "a value nests deeper than \(limits.depth) levels", remedy: "TemplateLimits.depth bounds it")
        }
        return value
    }

    /// Checks that one more level of calls or of nested statements and expressions fits.
    func checkStack() throws(TemplateError) {
        guard gauge.usedBytes <= limits.stackBytes else {
            throw TemplateError(
                .limit, "calls nest deeper than \(limits.stackBytes) bytes of stack",
                remedy: "TemplateLimits.stackBytes bounds it")
        }
    }

    func write(_ text: String) throws(TemplateError) {
        try reserve(bytes: output.text.utf8.count + text.utf8.count)
        output.append(text)
    }

    func write(_ text: MarkedText) throws(TemplateError) {
        try reserve(bytes: output.text.utf8.count + text.text.utf8.count)
        output.append(text)
    }

    /// Makes a namespace that ends with the rendering.
    func namespace(_ members: Mapping.Members) -> Namespace {
        let namespace = Namespace(members)
        namespaces.append(namespace)
        return namespace
    }

    /// Keeps the current scope, which a macro is about to refer to, until the rendering ends.
    func retainScope() -> Scope {
        scopes.append(scope)
        return scope
    }

    /// Runs `body` in a scope inside `parent`.
    func scoped<Result>(
        in parent: Scope, _ body: () throws(TemplateError) -> Result
    ) throws(TemplateError) -> Result {
        let saved = scope
        scope = Scope(parent: parent)
        defer { scope = saved }
        return try body()
    }

    /// Runs `body` one call deeper and returns the text that it wrote.
    func captured(_ body: () throws(TemplateError) -> Void) throws(TemplateError) -> MarkedText {
        guard depth < limits.depth else {
            throw TemplateError(
                .limit, "calls nest deeper than \(limits.depth) levels", remedy: "TemplateLimits.depth bounds it")
        }
        depth += 1
        var text = MarkedText("")
        swap(&text, &output)
        defer {
            depth -= 1
            swap(&text, &output)
        }
        try body()
        return output
    }
}
