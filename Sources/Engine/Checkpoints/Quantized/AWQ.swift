import JSONValues
import Tensors

// AWQ (arXiv:2306.00978) as AutoAWQ stores it for its GEMM kernels.
extension QuantizedLayer {
    /// `qweight` [inputs, outputs / 8], `qzeros` [groups, outputs / 8], `scales` [groups, outputs].
    func awqMatrix(_ weights: StoredTensor) throws(CheckpointError) -> StoredMatrix {
        let version = configuration?["version"]?.stringValue?.lowercased() ?? "gemm"
        guard version == "gemm" else {
            throw CheckpointError(
                path: checkpoint.path, location: "quantization_config key version",
                reason: "AWQ's layout \(version) is not read, only gemm", remedy: Self.remedy)
        }
        let (_, groupSize) = try codeWidth(weights, among: [4])
        try checkMatrix(weights, of: .i32)
        let (rows, columns) = (weights.shape[1] * 8, weights.shape[0])
        let groupCount = groupSize.map { (columns - 1) / $0 + 1 } ?? 1
        let scales = try require("scales", Self.floats, [groupCount, rows])
        let zeros = try require("qzeros", [.i32], [groupCount, rows / 8])
        let source = try withExtendedLifetime(weights.file) { () throws(CheckpointError) in
            GroupedCodes(
                reader: InterleavedNibbles(base: try base(weights), rows: rows), rows: rows, columns: columns, bits: 4,
                groups: (0..<columns).map { Int32($0 / (groupSize ?? columns)) },
                scales: try scales.matrix().decoded(), hasHalfScales: scales.dataType == .f16,
                zeros: try awqZeros(zeros)
            ).matrix(pool: pool)
        }
        return try finish(source, of: [weights, zeros, scales])
    }

    private func awqZeros(_ tensor: StoredTensor) throws(CheckpointError) -> [Int32] {
        tensor.integers().flatMap { word in
            InterleavedNibbles.nibbles.map { Int32(UInt32(bitPattern: word) >> (4 * $0) & 15) }
        }
    }
}
