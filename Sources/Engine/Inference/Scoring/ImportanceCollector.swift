import Architectures
package import Checkpoints
import OrderedCollections
import Tensors

/// Gathers how large the inputs of a model's matrices are while it reads a text: what llama.cpp calls an importance matrix.
///
/// Inputs of the output matrix are left out, as llama.cpp leaves them out.
package final class ImportanceCollector {
    private let reader: TextReader
    /// Which matrix of which tensor of a GGUF file a tensor of a folder is.
    private let places: [String: (name: String, index: Int, count: Int)]
    private var entries: [String: ImportanceMatrix.Entry] = [:]

    /// Loads a model.
    package init(_ checkpoint: Checkpoint, threads: Int? = nil) throws {
        let loader = try NetworkLoader(checkpoint, givesLogits: false)
        reader = try TextReader(checkpoint, loader, threads: threads) {
            FastOperations(pool: $0, isDeterministic: true)
        }
        places = Self.places(checkpoint, loader)
    }

    private static func places(
        _ checkpoint: Checkpoint, _ loader: NetworkLoader
    ) -> [String: (name: String, index: Int, count: Int)] {
        guard case .huggingFace(let files) = checkpoint.metadata else { return [:] }
        let experts = ["num_local_experts", "num_experts"].compactMap { files.config[$0]?.intValue }.first ?? 0
        let pairs =
            loader.family.tensorPairs(
                layers: loader.spec.layers.count, experts: min(experts, 4096),
                hasPrefix: checkpoint.tensors.keys.contains { $0.hasPrefix("transformer.") }) ?? []
        var result: [String: (name: String, index: Int, count: Int)] = [:]
        for pair in pairs {
            for (index, name) in pair.huggingFace.enumerated() {
                result[name] = (pair.gguf, index, pair.huggingFace.count)
            }
        }
        return result
    }

    /// A text in windows of so many tokens; see ``TextWindows``.
    package func windows(of text: String, size: Int, limit: Int?) -> [[Int32]] {
        reader.windows(of: text, size: size, limit: limit)
    }

    /// Tokens that the model can read at once.
    package var contextLength: Int { reader.spec.contextLength }

    /// Reads a piece of text on its own.
    package func read(_ tokens: [Int32]) {
        guard let last = tokens.indices.last else { return }
        let operations = reader.network.operations
        operations.observer = { [unowned self] in add($0, $1) }
        defer { operations.observer = nil }
        reader.read(tokens, rows: [last])
    }

    /// What was gathered so far, by the names of GGUF, in their order.
    package func matrix(datasets: [String], chunks: (count: Int, size: Int)) -> ImportanceMatrix {
        var ordered: OrderedDictionary<String, ImportanceMatrix.Entry> = [:]
        for name in entries.keys.sorted() { ordered[name] = entries[name] }
        return ImportanceMatrix(entries: ordered, datasets: datasets, chunks: chunks)
    }

    /// Adds the squares of the inputs of some matrices; several may be parts of one tensor.
    private func add(_ input: FastOperations.Activations, _ matrices: [FastOperations.Matrix]) {
        var seen: Set<String> = []
        for matrix in matrices {
            guard let origin = matrix.origin, seen.insert(origin.tensor).inserted else { continue }
            let place = places[origin.tensor] ?? (origin.tensor, origin.index, origin.count)
            var entry =
                entries[place.name]
                ?? .init(
                    sums: [Float](repeating: 0, count: place.count * input.width),
                    counts: [Float](repeating: 0, count: place.count))
            let start = place.index * input.width
            guard entry.sums.count == place.count * input.width else { continue }
            // Set aside, so that the sums are not copied while they are changed.
            entries[place.name] = nil
            reader.network.operations.addSquares(of: input, to: &entry.sums, at: start)
            entry.counts[place.index] += Float(input.tokens)
            entries[place.name] = entry
        }
    }
}
