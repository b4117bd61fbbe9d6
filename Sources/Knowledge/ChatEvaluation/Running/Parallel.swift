/// Does work on items, some at once; the results are in the items' order.
///
/// - Parameters:
///   - width: how many items are worked on at once.
///   - progress: called with the done and all items after each one.
func inParallel<Item: Sendable, Output: Sendable>(
    _ items: [Item], width: Int, progress: @Sendable (_ done: Int, _ total: Int) -> Void,
    _ work: @escaping @Sendable (Item) async throws -> Output
) async throws -> [Output] {
    try await withThrowingTaskGroup(of: (Int, Output).self) { group in
        var (results, next) = ([Int: Output](), items.enumerated().makeIterator())
        func start() {
            guard let (position, item) = next.next() else { return }
            group.addTask { (position, try await work(item)) }
        }
        for _ in 0..<max(1, width) { start() }
        while let (position, output) = try await group.next() {
            results[position] = output
            progress(results.count, items.count)
            start()
        }
        return items.indices.compactMap { results[$0] }
    }
}
