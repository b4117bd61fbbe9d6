/// Low-rank changes that belong to some rows of a batch only: texts with different adapters are computed side by side.
extension FastOperations {
    /// The rows of a batch that an adapter is for.
    package struct AdapterRows {
        /// The adapter's number.
        let adapter: Int
        let rows: [Int]
        /// A factor of all that it adds.
        let scale: Float

        package init(adapter: Int, rows: [Int], scale: Float) {
            (self.adapter, self.rows, self.scale) = (adapter, rows, scale)
        }
    }

    /// An adapter that was read for another network than that of these operations.
    package struct AdapterError: Error, Sendable, Hashable, CustomStringConvertible {
        let updates: Int
        let matrices: Int

        /// The whole message.
        package var description: String {
            "the adapter has changes for \(updates) matrices, but the model has \(matrices): give it when the model is loaded"
        }
    }

    /// Adds to the matrices, in the order in which they were made, what an adapter changes; nothing of it counts but for rows
    /// that it is for.
    ///
    /// - Throws: `AdapterError` if there is not one change, or nil, for each matrix.
    package func attach(_ updates: [LowRankUpdate?], as adapter: Int) throws(AdapterError) {
        guard updates.count == matrices.count else {
            throw AdapterError(updates: updates.count, matrices: matrices.count)
        }
        pool.takeTurn {
            for (matrix, update) in zip(matrices, updates) {
                guard let update else { continue }
                matrix.updates[adapter] = (
                    PackedMatrix(update.down, pool: pool), PackedMatrix(update.up, pool: pool), update.scale
                )
            }
        }
    }

    /// Forgets an adapter.
    package func detach(_ adapter: Int) {
        pool.takeTurn { for matrix in matrices { matrix.updates[adapter] = nil } }
    }

    /// Adds to the products of some matrices what the adapters of the batch's rows change.
    func addAdapters(_ input: Activations, _ matrices: [Matrix], to outputs: [Activations]) {
        for group in adapterRows {
            let changed = matrices.indices.filter { matrices[$0].updates[group.adapter] != nil }
            // Rows that are not the batch's have no adapters.
            guard !changed.isEmpty, group.rows.allSatisfy((0..<input.tokens).contains) else { continue }
            let part = group.rows.elementsEqual(0..<input.tokens) ? input : select(input, rows: group.rows)
            for index in changed {
                guard let update = matrices[index].updates[group.adapter] else { continue }
                let change = multiply(multiply(part, [update.down])[0], [update.up])[0]
                let (factor, output) = (update.scale * group.scale, outputs[index])
                for (place, row) in group.rows.enumerated() {
                    var sum = Activations(values: output.row(row), tokens: 1, width: output.width)
                    add(
                        Activations(values: change.row(place), tokens: 1, width: change.width), scale: factor, to: &sum)
                }
            }
        }
    }
}
