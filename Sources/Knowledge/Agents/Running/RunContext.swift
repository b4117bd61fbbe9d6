/// What belongs to a run and not to its values: the trace that it leaves, the budget that it has, and who listens.
///
/// It is a task-local value: whatever a run starts belongs to it.
public struct RunContext: Sendable {
    /// The context of the running task.
    @TaskLocal public static var current = RunContext()

    /// Where spans are kept; nil for nowhere.
    public var trace: Trace?
    /// The span that new ones stand in.
    public var span: TraceSpan.ID?
    /// What the run may use; nil for any amount.
    public var budget: BudgetMeter?
    /// Who is told what happens as it happens.
    public var listener: (@Sendable (RunEvent) -> Void)?

    /// Makes a context without anything.
    public init() {}

    /// Tells the listener.
    public func report(_ event: RunEvent) { listener?(event) }

    /// Runs work that leaves its spans in a trace.
    public static func tracing<Result>(
        _ trace: Trace, _ work: () async throws -> Result
    ) async rethrows -> Result {
        var context = current
        context.trace = trace
        return try await $current.withValue(context, operation: work)
    }

    /// Runs work that a listener is told about.
    public static func listening<Result>(
        _ listener: @escaping @Sendable (RunEvent) -> Void, _ work: () async throws -> Result
    ) async rethrows -> Result {
        var context = current
        context.listener = listener
        return try await $current.withValue(context, operation: work)
    }
}

/// What happens in a run.
public enum RunEvent: Sendable, Hashable {
    /// A model says more.
    case text(String)
    /// A step begins.
    case step(String)
    /// A tool is called.
    case call(AgentToolCall)
    /// A tool has given a result.
    case result(AgentToolCall, String)
    /// A step has a value.
    case value(step: String, String)
}
