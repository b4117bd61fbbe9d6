package import Checkpoints
import OrderedCollections
import Tensors

/// Gathers how large the inputs of a model's matrices are while it reads a text: what llama.cpp calls an importance matrix.
///
/// Inputs of the output matrix are left out, as llama.cpp leaves them out.
package final class ImportanceCollector {
    private let model: ObservedNetwork
    private var entries: [String: ImportanceMatrix.Entry] = [:]

    /// Tokens that the model can read at once.
    package var contextLength: Int { model.contextLength }

    /// Loads a model.
    package init(_ checkpoint: Checkpoint, threads: Int? = nil) throws {
        model = try ObservedNetwork(checkpoint, threads: threads)
    }

    /// A text in windows of so many tokens; see ``TextWindows``.
    package func windows(of text: String, size: Int, limit: Int?) -> [[Int32]] {
        model.windows(of: text, size: size, limit: limit)
    }

    /// Reads a piece of text on its own.
    package func read(_ tokens: [Int32]) { model.read(tokens) { [unowned self] in add($0, $1) } }

    /// What was gathered so far, by the names of GGUF, in their order.
    package func matrix(datasets: [String], chunks: (count: Int, size: Int)) -> ImportanceMatrix {
        var ordered: OrderedDictionary<String, ImportanceMatrix.Entry> = [:]
        for name in entries.keys.sorted() { ordered[name] = entries[name] }
        return ImportanceMatrix(entries: ordered, datasets: datasets, chunks: chunks)
    }

    /// Adds the squares of the inputs of some matrices; several may be parts of one tensor.
    private func add(_ input: FastOperations.Activations, _ origins: [FastOperations.Origin]) {
        var seen: Set<String> = []
        for origin in origins where seen.insert(origin.tensor).inserted {
            let place = model.ggufPlace(of: origin)
            var entry =
                entries[place.name]
                ?? .init(
                    sums: [Float](repeating: 0, count: place.count * input.width),
                    counts: [Float](repeating: 0, count: place.count))
            let start = place.index * input.width
            guard entry.sums.count == place.count * input.width else { continue }
            // Set aside, so that the sums are not copied while they are changed.
            entries[place.name] = nil
            model.operations.addSquares(of: input, to: &entry.sums, at: start)
            entry.counts[place.index] += Float(input.tokens)
            entries[place.name] = entry
        }
    }
}
