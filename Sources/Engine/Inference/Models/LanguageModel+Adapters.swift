import Architectures
import Checkpoints
import Synchronization
import Tensors

/// An adapter in a model's memory, for texts that ask for it; it leaves with the last reference.
final class LoadedAdapter: Sendable {
    /// Tells it from all others of this process, earlier ones included.
    let number: Int
    private let detach: @Sendable () -> Void

    private static let count = Atomic(0)

    fileprivate init(_ attach: (Int) throws -> @Sendable () -> Void) rethrows {
        number = Self.count.add(1, ordering: .relaxed).newValue
        detach = try attach(number)
    }

    deinit { detach() }
}

extension LanguageModel {
    /// Loads a low-rank adapter in PEFT's format beside the model.
    ///
    /// - Throws: `CheckpointError` or `ArchitectureError` if it cannot be read, was made for another model, or changes what cannot
    ///   be changed for some texts only.
    func loadAdapter(_ path: String) throws -> LoadedAdapter {
        let updates = try NetworkLoader(checkpoint, adapter: LowRankAdapter(path: path)).updates()
        let operations = AdapterTarget(operations: network.operations)
        return try LoadedAdapter { number in
            try operations.operations.attach(updates, as: number)
            return { operations.operations.detach(number) }
        }
    }
}

/// Invariant of the unchecked conformance: attaching and detaching take a turn of the pool, as every step does.
private struct AdapterTarget: @unchecked Sendable {
    let operations: FastOperations
}
