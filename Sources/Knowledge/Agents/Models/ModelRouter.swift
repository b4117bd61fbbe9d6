import JSONValues
import Synchronization

/// Several models as one: each conversation goes to the first that suits it, and on to the next if that one fails.
///
/// ```swift
/// import Swiftlet
///
/// let ledger = CostLedger(prices: ["large": CostLedger.Price(input: 2.5, output: 10)])
/// let router = ModelRouter(
///     [.init(small, longestPrompt: 2000), .init(large)], ledger: ledger)
/// print(try await router.answer("Hello!"), ledger.total)
/// ```
public struct ModelRouter: ChatModel {
    /// A model and what it is for.
    public struct Route: Sendable {
        /// The model.
        public var model: any ChatModel
        /// The most tokens of a prompt that it is asked; nil for any length.
        public var longestPrompt: Int?
        /// The tasks that it is for, as `ModelRouter.$task` names them; empty for all.
        public var tasks: Set<String>

        /// Makes a route.
        public init(_ model: any ChatModel, longestPrompt: Int? = nil, tasks: Set<String> = []) {
            (self.model, self.longestPrompt, self.tasks) = (model, longestPrompt, tasks)
        }
    }

    /// What the running task is about, for routes that are for some tasks only.
    @TaskLocal public static var task: String?

    /// What traces call it.
    public let name = "router"
    private let routes: [Route]
    private let ledger: CostLedger?
    private let prefersCheap: Bool

    /// Makes a router.
    ///
    /// - Parameters:
    ///   - ledger: Where costs are kept; its prices order the models with `prefersCheap`, and a model whose part of the ledger's
    ///     limit is used up is no longer asked.
    ///   - prefersCheap: Whether cheaper models come first, whatever their order.
    public init(_ routes: [Route], ledger: CostLedger? = nil, prefersCheap: Bool = false) {
        (self.routes, self.ledger, self.prefersCheap) = (routes, ledger, prefersCheap)
    }

    /// How many tokens a text has for the first model.
    public func tokenCount(of text: String) -> Int {
        routes.first?.model.tokenCount(of: text) ?? (text.utf8.count + 3) / 4
    }

    /// The models that suit a conversation, in the order in which they are asked.
    public func candidates(_ messages: [ChatMessage]) -> [any ChatModel] {
        let fitting = routes.filter { route in
            let tokens = messages.reduce(0) { $0 + route.model.tokenCount(of: $1.text) }
            let suitsTask = route.tasks.isEmpty || Self.task.map(route.tasks.contains) == true
            return suitsTask && tokens <= route.longestPrompt ?? .max
        }.map(\.model)
        guard prefersCheap, let ledger else { return fitting }
        // Stable: equal prices keep the given order.
        return fitting.enumerated().sorted {
            let (a, b) = (ledger.price(of: $0.element.name), ledger.price(of: $1.element.name))
            return a == b ? $0.offset < $1.offset : a < b
        }.map(\.element)
    }

    /// Answers with the first model that can; once one has begun to answer, its failure is final.
    public func stream(_ messages: [ChatMessage], _ options: ChatOptions) async throws -> AsyncThrowingStream<
        ChatEvent, any Error
    > {
        try ledger?.check()
        let models = candidates(messages)
        let ledger = ledger
        return AsyncThrowingStream { continuation in
            let task = Task {
                var failures: [String] = []
                for model in models {
                    var hasBegun = false
                    do {
                        for try await event in try await model.stream(messages, options) {
                            hasBegun = true
                            if case .finished(let usage) = event { ledger?.enter(model.name, usage) }
                            continuation.yield(event)
                        }
                        return continuation.finish()
                    } catch {
                        if hasBegun || error is CancellationError { return continuation.finish(throwing: error) }
                        failures.append("\(model.name): \(error)")
                    }
                }
                let reason = failures.isEmpty ? "none is for such a prompt or task" : failures.joined(separator: "; ")
                continuation.finish(throwing: ModelError.noModel(reason: reason))
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}

/// What hosted models cost.
public final class CostLedger: Sendable {
    /// What a million tokens cost, in whatever currency.
    public struct Price: Sendable, Hashable, Codable {
        /// Tokens read.
        public var input: Double
        /// Tokens written.
        public var output: Double

        /// Makes a price.
        public init(input: Double, output: Double) { (self.input, self.output) = (input, output) }
    }

    /// What one model was used for.
    public struct Entry: Sendable, Hashable {
        /// How often it was asked.
        public var calls = 0
        /// Tokens read.
        public var promptTokens = 0
        /// Tokens written.
        public var completionTokens = 0
        /// What that cost.
        public var cost = 0.0
    }

    private let prices: [String: Price]
    private let limit: Double?
    private let state = Mutex<[String: Entry]>([:])

    /// Makes a ledger; models without a price cost nothing.
    ///
    /// - Parameter limit: What all may cost together; nil for any amount.
    public init(prices: [String: Price], limit: Double? = nil) { (self.prices, self.limit) = (prices, limit) }

    /// What was used, by model.
    public var entries: [String: Entry] { state.withLock { $0 } }
    /// What all cost.
    public var total: Double { entries.values.reduce(0) { $0 + $1.cost } }

    func price(of model: String) -> Double { prices[model].map { $0.input + $0.output } ?? 0 }

    /// Enters an answer.
    public func enter(_ model: String, _ usage: ChatUsage) {
        let price = prices[model] ?? Price(input: 0, output: 0)
        state.withLock { entries in
            entries[model, default: Entry()].calls += 1
            entries[model, default: Entry()].promptTokens += usage.promptTokens
            entries[model, default: Entry()].completionTokens += usage.completionTokens
            entries[model, default: Entry()].cost +=
                (price.input * Double(usage.promptTokens) + price.output * Double(usage.completionTokens)) / 1e6
        }
    }

    func check() throws {
        guard let limit, total >= limit else { return }
        throw ModelError.noModel(reason: "the ledger's limit of \(limit) is used up (\(total))")
    }
}
