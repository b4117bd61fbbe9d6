import Tensors

extension NetworkLoader {
    /// What Hugging Face's files call a matrix, and where its rows stand there.
    package struct OriginalMatrix: Sendable {
        /// The name without `.weight`.
        package let name: String
        /// For each row of the matrix as it is stored, its number in Hugging Face's order; nil if that is the same.
        package let rows: [Int]?
    }

    /// The matrix that adapters in PEFT's format mean by another name: a tensor of a GGUF file, or of a folder, whose names are
    /// the original ones already. Nil for a tensor of a GGUF file that stands for none of its own.
    ///
    /// - Parameters:
    ///   - name: the tensor's name without `.weight`.
    ///   - rowCount: its rows.
    package func originalMatrix(_ name: String, rowCount: Int) -> OriginalMatrix? {
        guard case .gguf = checkpoint.metadata else { return OriginalMatrix(name: name, rows: nil) }
        let numbers = name.split(separator: ".").compactMap { Int($0) }
        let layer = numbers.first ?? 0
        for role in family.ggufNames.roles {
            let stored = family.ggufNames.candidates(role).first { $0.name(layer: layer) == name + ".weight" }
            guard let stored, let original = family.tensorNames.candidates(role).first,
                original.fusion == stored.fusion, !original.isNumbered
            else { continue }
            let full = original.name(layer: layer)
            guard full.hasSuffix(".weight") else { return nil }
            let short = String(full.dropLast(".weight".count))
            guard family.ggufPermutesHeads, role == .query || role == .key,
                case .attention(let attention)? = spec.layers.indices.contains(layer) ? spec.layers[layer].mixer : nil
            else { return OriginalMatrix(name: short, rows: nil) }
            let (size, half) = (attention.shape.headSize, attention.shape.headSize / 2)
            guard half > 0, rowCount % size == 0 else { return nil }
            // Channels that turn together are neighbours in GGUF files, and `half` apart in the original.
            let rows = (0..<rowCount).map { row in
                let (head, channel) = (row / size, row % size)
                return head * size + channel % 2 * half + channel / 2
            }
            return OriginalMatrix(name: short, rows: rows)
        }
        return nil
    }
}
