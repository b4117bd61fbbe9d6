import JSONValues
import Tensors

// GPTQ (arXiv:2210.17323) as AutoGPTQ and GPTQModel store it.
extension QuantizedLayer {
    /// `qweight` [inputs * bits / 32, outputs], `qzeros` [groups, outputs * bits / 32], `scales` [groups, outputs] and
    /// perhaps `g_idx` [inputs], the group of each input.
    func gptqMatrix(_ weights: StoredTensor) throws(CheckpointError) -> StoredMatrix {
        let (bits, groupSize) = try codeWidth(weights, among: [2, 3, 4, 8])
        try checkMatrix(weights, of: .i32)
        let (rows, columns) = (weights.shape[1], weights.shape[0] * 32 / bits)
        guard weights.shape[0] * 32 % bits == 0, rows * bits % 32 == 0 else {
            throw error(weights, "its shape \(weights.shape) does not pack codes of \(bits) bits")
        }
        var used = [weights]
        let groupCount = groupSize.map { (columns - 1) / $0 + 1 } ?? 1
        let scales = try require("scales", Self.floats, [groupCount, rows])
        let zeros = try require("qzeros", [.i32], [groupCount, rows * bits / 32])
        used += [zeros, scales]
        var groups = (0..<columns).map { Int32($0 / (groupSize ?? columns)) }
        if tensor("g_idx") != nil {
            let index = try require("g_idx", [.i32], [columns])
            groups = index.integers()
            if let bad = groups.first(where: { !(0..<Int32(groupCount)).contains($0) }) {
                throw error(index, "it names the group \(bad), but there are \(groupCount)")
            }
            used.append(index)
        }
        // The first version of the format stores zeros less one.
        let isSecondVersion = configuration?["checkpoint_format"]?.stringValue == "gptq_v2"
        let source = try withExtendedLifetime(weights.file) { () throws(CheckpointError) in
            let reader = ColumnStreams(stream: try stream(weights, bits: bits), rows: rows)
            return GroupedCodes(
                reader: reader, rows: rows, columns: columns, bits: bits, groups: groups,
                scales: try scales.matrix().decoded(), hasHalfScales: scales.dataType == .f16,
                zeros: try gptqZeros(zeros, bits: bits, rows: rows, addend: isSecondVersion ? 0 : 1)
            ).matrix(pool: pool)
        }
        return try finish(source, of: used)
    }

    private func gptqZeros(
        _ tensor: StoredTensor, bits: Int, rows: Int, addend: Int32
    ) throws(CheckpointError) -> [Int32] {
        let stream = try stream(tensor, bits: bits)
        return (0..<tensor.shape[0]).flatMap { group in
            (0..<rows).map { Int32(stream.code($0, first: group * tensor.shape[1], stride: 1)) + addend }
        }
    }

    /// `bits` and `group_size` of the configuration, the latter nil if a group is a whole row.
    func codeWidth(
        _ weights: StoredTensor, among widths: [Int]
    ) throws(CheckpointError) -> (bits: Int, groupSize: Int?) {
        let bits = (configuration?["bits"] ?? configuration?["w_bit"])?.intValue ?? 4
        guard widths.contains(bits) else {
            throw CheckpointError(
                path: checkpoint.path, location: "quantization_config key bits",
                reason: "weights of \(bits) bits are not read, only \(widths.map(String.init).joined(separator: ", "))",
                remedy: Self.remedy)
        }
        let groupSize = (configuration?["group_size"] ?? configuration?["q_group_size"])?.intValue ?? -1
        guard groupSize == -1 || groupSize > 0 else {
            throw CheckpointError(
                path: checkpoint.path, location: "quantization_config key group_size",
                reason: "groups of \(groupSize) are impossible")
        }
        return (bits, groupSize == -1 ? nil : groupSize)
    }

    /// The words of a tensor that is not empty; they stay valid while its file lives.
    func stream(_ tensor: StoredTensor, bits: Int) throws(CheckpointError) -> BitStream {
        BitStream(base: try base(tensor), bits: bits)
    }

    /// The bytes of a tensor that is not empty; they stay valid while its file lives.
    func base(_ tensor: StoredTensor) throws(CheckpointError) -> UnsafeRawPointer {
        guard tensor.byteCount > 0, let base = tensor.withUnsafeBytes({ $0.baseAddress }) else {
            throw error(tensor, "it is empty")
        }
        return base
    }
}
