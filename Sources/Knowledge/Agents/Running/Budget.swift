import Synchronization

/// What a run may use. A run that goes beyond ends with an error; its trace stays.
public struct Budget: Sendable, Hashable, Codable {
    /// The most steps, such as turns of an agent or nodes of a flow; nil for any number.
    public var steps: Int?
    /// The most tokens that models read and write; nil for any number.
    public var tokens: Int?
    /// The most seconds; nil for any time.
    public var seconds: Double?

    /// Makes a budget.
    public init(steps: Int? = nil, tokens: Int? = nil, seconds: Double? = nil) {
        (self.steps, self.tokens, self.seconds) = (steps, tokens, seconds)
    }

    /// What ends any loop that went wrong: 100 steps, ten minutes.
    public static let usual = Budget(steps: 100, seconds: 600)

    /// Runs work within the budget; the work is cancelled when the time is over.
    ///
    /// - Throws: `BudgetError` if there is not enough, and what the work throws.
    public func run<Result: Sendable>(_ work: @escaping @Sendable () async throws -> Result) async throws -> Result {
        var context = RunContext.current
        context.budget = BudgetMeter(self, within: context.budget)
        // More than thirty years is any time, and more than a clock can count.
        guard let seconds, seconds < 1e9 else {
            return try await RunContext.$current.withValue(context, operation: work)
        }
        let inner = context
        return try await withThrowingTaskGroup(of: Result.self) { group in
            group.addTask { try await RunContext.$current.withValue(inner, operation: work) }
            group.addTask {
                try await Task.sleep(for: .seconds(max(0, seconds)))
                throw BudgetError(kind: .seconds, limit: seconds, used: seconds)
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() else { throw CancellationError() }
            return result
        }
    }
}

/// Counts what a run uses.
public final class BudgetMeter: Sendable {
    private struct State {
        var steps = 0
        var tokens = 0
    }

    private let budget: Budget
    private let outer: BudgetMeter?
    private let state = Mutex(State())

    init(_ budget: Budget, within outer: BudgetMeter?) { (self.budget, self.outer) = (budget, outer) }

    /// The tokens so far.
    public var tokens: Int { state.withLock { $0.tokens } }
    /// The steps so far.
    public var steps: Int { state.withLock { $0.steps } }

    /// Whether anything is left.
    public func check() throws {
        try outer?.check()
        let tokens = tokens
        if let limit = budget.tokens, tokens >= limit {
            throw BudgetError(kind: .tokens, limit: Double(limit), used: Double(tokens))
        }
    }

    /// Takes one step.
    public func step() throws {
        try outer?.step()
        try check()
        let steps = state.withLock { state in
            state.steps += 1
            return state.steps
        }
        if let limit = budget.steps, steps > limit {
            throw BudgetError(kind: .steps, limit: Double(limit), used: Double(steps))
        }
    }

    /// Takes tokens; the answer that goes beyond the limit is still given, the next is not.
    func charge(tokens: Int) throws {
        try outer?.charge(tokens: tokens)
        state.withLock { $0.tokens += tokens }
    }
}

/// A budget is used up.
public struct BudgetError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What there is not enough of.
    public enum Kind: String, Sendable, Hashable { case steps, tokens, seconds }

    /// What there is not enough of.
    public var kind: Kind
    /// How much there may be.
    public var limit: Double
    /// How much was used.
    public var used: Double

    /// Both numbers, and what to do.
    public var description: String {
        let (limit, used) = kind == .seconds ? ("\(limit)", "\(used)") : ("\(Int(limit))", "\(Int(used))")
        return
            "the budget of \(limit) \(kind.rawValue) is used up (\(used)); allow more, or look at the trace for a loop"
    }
}
