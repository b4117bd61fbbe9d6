import Synchronization

/// A step or a composition of steps: an async function with a name, under which traces show it.
///
/// ```swift
/// import Swiftlet
///
/// let title = Chain("title") { (text: String) in try await model.answer("A title for: \(text)") }
/// let short = title.then(Chain("cut") { String($0.prefix(40)) }).retrying(attempts: 2)
/// print(try await short.run("A long text ..."))
/// ```
public struct Chain<Input: Sendable, Output: Sendable>: Sendable {
    /// The name in traces.
    public let name: String
    private let body: @Sendable (Input) async throws -> Output

    /// Makes a step of a function.
    public init(_ name: String, _ body: @escaping @Sendable (Input) async throws -> Output) {
        (self.name, self.body) = (name, body)
    }

    /// Runs it.
    public func run(_ input: Input) async throws -> Output {
        guard RunContext.current.trace != nil else { return try await body(input) }
        return try await Trace.span(name, ["swiftlet.input": .string("\(input)")]) { span in
            let output = try await body(input)
            span.set("swiftlet.output", .string("\(output)"))
            return output
        }
    }

    /// Runs it and hands on what happens within as it happens, the result last. Ending the iteration cancels the run.
    public func stream(_ input: Input) -> AsyncThrowingStream<ChainEvent<Output>, any Error> {
        AsyncThrowingStream { continuation in
            let task = Task {
                do {
                    let output = try await RunContext.listening({ continuation.yield(.event($0)) }) {
                        try await run(input)
                    }
                    continuation.yield(.output(output))
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    /// This, and then another with what this gives.
    public func then<Next: Sendable>(_ next: Chain<Output, Next>) -> Chain<Input, Next> {
        Chain<Input, Next>("\(name), \(next.name)") { try await next.run(try await run($0)) }
    }

    /// This, and then a function.
    public func map<Next: Sendable>(_ change: @escaping @Sendable (Output) async throws -> Next) -> Chain<Input, Next> {
        Chain<Input, Next>(name) { try await change(try await run($0)) }
    }

    /// This, or if it fails the first of the others that does not; cancelling and a used-up budget are no failures to recover from.
    public func fallback(to others: Chain...) -> Chain {
        Chain("\(name) or another") { input in
            var failure: any Error = CancellationError()
            for chain in [self] + others {
                do { return try await chain.run(input) } catch {
                    if error is CancellationError || error is BudgetError { throw error }
                    failure = error
                }
            }
            throw failure
        }
    }

    /// This, again after failures, `pause` seconds later, twice as long each time.
    public func retrying(attempts: Int, pause: Double = 0) -> Chain {
        Chain(name) { input in
            var (wait, left) = (pause, max(1, attempts))
            while true {
                do { return try await run(input) } catch {
                    left -= 1
                    if left == 0 || error is CancellationError || error is BudgetError { throw error }
                }
                try await Task.sleep(for: .seconds(wait))
                wait *= 2
            }
        }
    }

    /// One chain or another, by the input.
    public static func branch(
        _ name: String, when condition: @escaping @Sendable (Input) async throws -> Bool, _ first: Chain,
        else second: Chain
    ) -> Chain {
        Chain(name) { try await condition($0) ? try await first.run($0) : try await second.run($0) }
    }

    /// The chain that a function names; `fallback` where it names none.
    public static func route(
        _ name: String, _ routes: [String: Chain], fallback: Chain,
        by choose: @escaping @Sendable (Input) async throws -> String?
    ) -> Chain {
        Chain(name) { input in
            let choice = try await choose(input)
            return try await (choice.flatMap { routes[$0] } ?? fallback).run(input)
        }
    }

    /// This for each of many inputs, at most `limit` at a time; the outputs are in the order of the inputs.
    public func each(limit: Int = 8) -> Chain<[Input], [Output]> {
        Chain<[Input], [Output]>("\(name) for each") { inputs in
            try await withThrowingTaskGroup(of: (Int, Output).self) { group in
                var outputs = [Output?](repeating: nil, count: inputs.count)
                var next = 0
                func start() {
                    guard next < inputs.count else { return }
                    let place = next
                    next += 1
                    group.addTask { (place, try await run(inputs[place])) }
                }
                for _ in 0..<max(1, limit) { start() }
                while let (place, output) = try await group.next() {
                    outputs[place] = output
                    start()
                }
                return outputs.compactMap { $0 }
            }
        }
    }

    /// Several chains on one input at once; the outputs are in the order of the chains.
    public static func all(_ chains: [Chain]) -> Chain<Input, [Output]> {
        Chain<Input, [Output]>(chains.map(\.name).joined(separator: " and ")) { input in
            let run = Chain<Int, Output>("all") { try await chains[$0].run(input) }
            return try await run.each(limit: chains.count).run(Array(chains.indices))
        }
    }
}

/// What comes from a chain while it runs.
public enum ChainEvent<Output: Sendable>: Sendable {
    /// Something happened within.
    case event(RunEvent)
    /// The result; nothing follows.
    case output(Output)
}
