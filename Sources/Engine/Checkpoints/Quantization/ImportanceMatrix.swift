package import OrderedCollections

/// How much errors count in each column of a model's matrices: the mean squares of what they were multiplied with while the
/// model read a text.
package struct ImportanceMatrix: Sendable {
    /// What was gathered for a matrix.
    package struct Entry: Sendable, Hashable {
        /// For each of the matrix' experts (or the one matrix) the sums of squares of its inputs, `[experts * columns]`.
        package var sums: [Float]
        /// The inputs that each of them had.
        package var counts: [Float]

        /// Makes an entry.
        package init(sums: [Float], counts: [Float]) { (self.sums, self.counts) = (sums, counts) }

        /// Mean squares; ones for experts that saw nothing.
        package var means: [Float] {
            guard !counts.isEmpty, sums.count % counts.count == 0 else { return sums }
            let columns = sums.count / counts.count
            return sums.indices.map { index in
                let count = counts[index / columns]
                return count > 0 ? sums[index] / count : 1
            }
        }
    }

    /// The entries by the names of tensors.
    package var entries: OrderedDictionary<String, Entry>
    /// The texts that were read.
    package var datasets: [String]
    /// The pieces of text that were read, and the tokens of each.
    package var chunks: (count: Int, size: Int)

    /// Makes a matrix.
    package init(
        entries: OrderedDictionary<String, Entry> = [:], datasets: [String] = [],
        chunks: (count: Int, size: Int) = (0, 0)
    ) {
        (self.entries, self.datasets, self.chunks) = (entries, datasets, chunks)
    }

    /// Adds what another run gathered, as if one had read both texts.
    ///
    /// - Throws: `CheckpointError` if the other is of another model.
    package mutating func add(_ other: ImportanceMatrix) throws(CheckpointError) {
        for (name, entry) in other.entries {
            guard let own = entries[name] else {
                entries[name] = entry
                continue
            }
            guard own.sums.count == entry.sums.count, own.counts.count == entry.counts.count else {
                throw CheckpointError(
                    path: "importance matrix", location: "entry \(name)",
                    reason: "\(entry.sums.count) numbers cannot be added to \(own.sums.count)",
                    remedy: "The two belong to different models")
            }
            entries[name] = Entry(
                sums: zip(own.sums, entry.sums).map { $0 + $1 }, counts: zip(own.counts, entry.counts).map { $0 + $1 })
        }
        datasets += other.datasets
        chunks.count += other.chunks.count
        if chunks.size == 0 { chunks.size = other.chunks.size }
    }

    /// The importance of a tensor's columns; nil if there is nothing about it.
    ///
    /// - Throws: `CheckpointError` if what there is does not fit.
    func values(for tensor: TensorRows) throws(CheckpointError) -> [Float]? {
        guard let entry = entries[tensor.name] else { return nil }
        let matrices = tensor.shape.dropLast(2).reduce(1, &*)
        guard entry.sums.count == tensor.columns * matrices || entry.sums.count == tensor.columns else {
            // An embedding is looked up, not multiplied; what stands under its name is the output's.
            if tensor.name == "token_embd.weight" { return nil }
            throw CheckpointError(
                path: tensor.origin,
                reason:
                    "the importance matrix has \(entry.sums.count) numbers for it, \(tensor.columns * matrices) are needed",
                remedy: "It belongs to another model; make one from this model")
        }
        return entry.means
    }
}
