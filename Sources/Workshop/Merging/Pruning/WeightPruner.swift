import Checkpoints
import Files
import JSONValues
import OrderedCollections
import Tensors

/// Sets the smallest weights of a model's layers to zero.
package struct WeightPruner: Sendable {
    /// Which weights become zero.
    package enum Pattern: Sendable, Hashable {
        /// A share of each matrix, the smallest by magnitude.
        case share(Double)
        /// All but so many of each so many that lie side by side in a row, as processors with sparse products want it.
        case groups(kept: Int, of: Int)

        /// Reads `0.5` or `2:4`.
        package init?(_ text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            if parts.count == 2, let kept = Int(parts[0]), let size = Int(parts[1]), 0 < kept, kept < size, size <= 1024
            {
                self = .groups(kept: kept, of: size)
            } else if parts.count == 1, let share = Double(text), (0...1).contains(share) {
                self = .share(share)
            } else {
                return nil
            }
        }
    }

    private let model: MergeModel
    private let pattern: Pattern
    private let threads: Int

    /// Opens a model.
    package init(_ path: String, pattern: Pattern, threads: Int = ThreadPool.machineThreads) throws {
        model = try MergeModel(ModelReference(path)) { $0 }
        (self.pattern, self.threads) = (pattern, threads)
        guard !model.stacks.isEmpty else { throw MergeError(path: path, reason: "the model has no layers to prune") }
        if case .groups(_, let size) = pattern,
            let name = model.names.first(where: { isPruned($0) && columns($0) % size != 0 })
        {
            throw MergeError(
                path: path, location: "tensor \(name)",
                reason: "its rows of \(columns(name)) weights are not whole groups of \(size)",
                remedy: "Choose another pattern")
        }
    }

    private func columns(_ name: String) -> Int { model.tensor(name)?.shape.last ?? 1 }

    /// Matrices in layers are pruned; embeddings, norms and biases are what they were.
    private func isPruned(_ name: String) -> Bool {
        LayerName(name) != nil && name.hasSuffix(".weight") && model.tensor(name)?.shape.count == 2
            && model.tensor(name)?.dataType.isWeightType == true
    }

    /// Writes the model to a folder that is not there yet.
    ///
    /// - Returns: the zeros and the weights of the pruned matrices.
    package func write(to output: String) throws -> (zeros: Int, weights: Int) {
        let folder = try AtomicFolder(path: output)
        let pool = ThreadPool(threads: threads)
        let pruned = model.names.filter(isPruned)
        let sources = try model.names.compactMap { name -> TensorSource? in
            guard let stored = model.tensor(name) else { return nil }
            guard isPruned(name) else { return TensorSource(stored) }
            let group = TensorGroup(inputs: [try StoredReader(stored)], base: nil, name: name, pool: pool)
            let pattern = pattern
            return TensorSource(name: name, dataType: stored.dataType, shape: stored.shape) {
                (body) throws(CheckpointError) in
                try group.write(try Self.combiner(group, pattern), as: stored.dataType, to: body)
            }
        }
        try SafetensorsWriter.write(sources, toFolder: folder.temporaryPath)
        try MergedFolder.copyFiles(of: model, to: folder.temporaryPath)
        let written = try Checkpoint.open(folder.temporaryPath)
        var counts = (zeros: 0, weights: 0)
        for name in pruned {
            guard let stored = written.tensors[name] else { continue }
            let group = TensorGroup(inputs: [try StoredReader(stored)], base: nil, name: name, pool: pool)
            try group.scan { (_, inputs) throws(CheckpointError) -> Int in
                inputs[0].count { $0 == 0 }
            } collect: {
                counts.zeros += $0
            }
            counts.weights += group.count
        }
        try folder.commit()
        return counts
    }

    private static func combiner(_ group: TensorGroup, _ pattern: Pattern) throws(CheckpointError) -> Combiner {
        switch pattern {
        case .share(let share):
            let kept = group.count - Int(share * Double(group.count))
            let scores: RankSelection.Scores = { _, inputs in inputs[0].map { abs($0) } }
            let selection = try RankSelection(group, ranks: .largest(kept), scores: scores)
            return { range, inputs, output in
                let mask = selection.mask(range, scores(range, inputs))
                for index in output.indices { output[index] = mask[index] ? inputs[0][index] : 0 }
            }
        case .groups(let kept, let size):
            return { _, inputs, output in
                for start in stride(from: 0, to: output.count, by: size) {
                    let places = (start..<start + size).sorted { (abs(inputs[0][$1]), $0) < (abs(inputs[0][$0]), $1) }
                    for (rank, place) in places.enumerated() { output[place] = rank < kept ? inputs[0][place] : 0 }
                }
            }
        }
    }
}
