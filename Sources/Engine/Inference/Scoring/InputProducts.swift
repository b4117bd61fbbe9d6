package import Checkpoints
import Synchronization
import Tensors

/// What a model's matrices are multiplied with while it reads a text: for each matrix the sums over all tokens of the products
/// of each two columns, which GPTQ and AWQ round by.
///
/// The sums of a whole model can be larger than its weights. So the text is read as often as it takes, each time for as many
/// matrices as fit into the memory that is given.
///
/// `@unchecked Sendable` is safe because everything that changes is used only by the one caller that holds the lock.
package final class InputProducts: @unchecked Sendable {
    /// Matrices that are multiplied with the same.
    private struct Group {
        let columns: Int
        var byteCount: Int { 4 * columns * columns }
    }

    private let model: ObservedNetwork
    private let pieces: [[Int32]]
    private let memory: Int
    private let lock = Mutex(())
    private var groups: [Group] = []
    private var groupOf: [String: Int] = [:]
    private var sums: [Int: [Float]] = [:]

    /// The tokens that are read.
    package let tokenCount: Int

    /// Loads a model.
    ///
    /// - Parameters:
    ///   - text: What the model reads, in windows of `window` tokens, `limit` of them at most.
    ///   - memory: The bytes that sums may take; one matrix' are always held.
    /// - Throws: also where the text is shorter than a window, or a window longer than the model's context.
    package init(
        _ checkpoint: Checkpoint, text: String, window: Int = 512, limit: Int? = 32, memory: Int = 2 << 30,
        threads: Int? = nil
    ) throws {
        model = try ObservedNetwork(checkpoint, threads: threads)
        self.memory = memory
        let size = min(window, model.contextLength)
        pieces = model.windows(of: text, size: size, limit: limit)
        tokenCount = pieces.reduce(0) { $0 + $1.count }
        guard let first = pieces.first else {
            throw CheckpointError(
                path: checkpoint.path, reason: "the text for calibration has fewer tokens than one window of \(size)",
                remedy: "Give a longer text")
        }
        // Which matrices there are, and which of them share their inputs, the first tokens show.
        model.read(Array(first.prefix(16))) { [unowned self] input, origins in
            let new = origins.map(model.folderName).filter { groupOf[$0] == nil }
            guard !new.isEmpty else { return }
            for name in new { groupOf[name] = groups.count }
            groups.append(Group(columns: input.width))
        }
    }

    /// The sums of a matrix, [columns, columns]; nil if the model does not multiply with it.
    ///
    /// - Parameter tensor: Its name in a Hugging Face folder.
    package func products(of tensor: String) -> [Float]? {
        lock.withLock { _ in
            guard let group = groupOf[tensor] else { return nil }
            if sums[group] == nil { gather(from: group) }
            return sums[group]
        }
    }

    /// Reads the text for a group and those after it.
    private func gather(from first: Int) {
        var (end, rest) = (first, memory)
        while end < groups.count, end == first || groups[end].byteCount <= rest {
            rest -= groups[end].byteCount
            end += 1
        }
        sums = [:]
        for group in first..<end { sums[group] = [Float](repeating: 0, count: groups[group].byteCount / 4) }
        for piece in pieces {
            var seen: Set<Int> = []
            model.read(piece) { [unowned self] input, origins in
                for group in Set(origins.compactMap { groupOf[model.folderName(of: $0)] })
                where (first..<end).contains(group) && seen.insert(group).inserted {
                    // Set aside, so that the sums are not copied while they are changed.
                    guard var own = sums.removeValue(forKey: group) else { continue }
                    model.operations.addProducts(of: input, to: &own)
                    sums[group] = own
                }
            }
        }
    }
}
