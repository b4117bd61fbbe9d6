import Tensors

/// Scales in the order [groups, rows].
struct GroupScales {
    let groupCount: Int
    let values: [Float]

    init(groupCount: Int, values: [Float]) { (self.groupCount, self.values) = (groupCount, values) }

    /// Reads one value for all, [rows], [rows, 1] or [rows, groups].
    init(_ tensor: StoredTensor, rows: Int) throws(CheckpointError) {
        let stored = try tensor.matrix().decoded()
        if stored.count == 1 {
            self.init(groupCount: 1, values: [Float](repeating: stored[0], count: rows))
            return
        }
        guard tensor.shape.first == rows, tensor.shape.count <= 2, stored.count >= rows, rows > 0 else {
            throw CheckpointError(
                path: tensor.file.path, location: "tensor \(tensor.name)",
                reason: "its shape \(tensor.shape) gives no scale to each of \(rows) rows")
        }
        let count = stored.count / rows
        self.init(
            groupCount: count, values: (0..<count).flatMap { group in (0..<rows).map { stored[$0 * count + group] } })
    }
}
