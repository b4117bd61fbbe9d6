package import Tensors

/// A weight matrix, however the checkpoint stores it.
package struct StoredMatrix {
    /// The matrix [outputs, inputs], in the mapped file or in memory of its own.
    package let source: MatrixSource
    /// The names of the stored tensors that it was made of: one if it is stored plainly.
    package let tensors: [String]
    /// Whether several tensors were put together; the matrix is then always [outputs, inputs], even in families that
    /// store plain weights transposed.
    package let isConverted: Bool
}

extension Checkpoint {
    /// The matrix that a model knows as `name` (which ends in `.weight`), or nil if the checkpoint has none.
    ///
    /// A plain tensor of any shape is read as rows of its last dimension. Otherwise the tensors that a quantization put in
    /// its place are found and brought into a format that the kernels run on:
    ///
    /// | stored as | becomes | loses |
    /// |---|---|---|
    /// | GPTQ, AWQ, 2 to 4 bits | CODES4, Q4_0 if symmetric | nothing; when packed, scale and minimum to f16 |
    /// | GPTQ of 8 bits, int8 | CODES8, INTEGERS8 if symmetric | the same |
    /// | bitsandbytes' NF4 and FP4 | NF4, FP4 | 0.33% of the weights' size, see `blocks.c` |
    /// | F8 (E4M3) with scales | F16 | a relative 2^-12 |
    /// | gpt-oss's MXFP4 | MXFP4 in GGUF's order | nothing |
    ///
    /// Columns that are no multiple of 32, and groups that are no multiple of 32 or out of order (`desc_act`), become F16.
    /// `pool` shares the work.
    package func matrix(named name: String, pool: ThreadPool? = nil) throws(CheckpointError) -> StoredMatrix? {
        let layer = name.hasSuffix(".weight") ? String(name.dropLast(7)) : name
        let converter = QuantizedLayer(checkpoint: self, name: name, layer: layer, pool: pool)
        guard let tensor = tensors[name] else { return try converter.packedMatrix() }
        if let matrix = try converter.scaledMatrix(tensor) { return matrix }
        return StoredMatrix(source: try tensor.matrix(), tensors: [name], isConverted: false)
    }
}

extension StoredTensor {
    /// The tensor as a matrix: rows of its last dimension, one row if it has no other.
    package func matrix() throws(CheckpointError) -> MatrixSource {
        let columns = shape.last ?? 1
        let rows = shape.dropLast().reduce(1, *)
        let bytes = withUnsafeBytes { $0 }
        guard
            let source = MatrixSource(dataType: dataType, rows: rows, columns: columns, bytes: bytes, owner: file)
        else {
            throw CheckpointError(
                path: file.path, location: "tensor \(name)",
                reason: dataType.isWeightType
                    ? "its rows of \(columns) are not whole blocks of \(dataType.name)"
                    : "it is stored as \(dataType.name), which holds no weights",
                remedy: "Get the model in another precision")
        }
        return source
    }
}
