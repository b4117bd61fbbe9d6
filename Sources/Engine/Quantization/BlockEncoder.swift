import CKernels
package import Tensors

/// Turns rows of numbers into the blocks of a data type.
///
/// Without importance the blocks have the bytes that llama.cpp's quantizers give; with importance those of its quantizers
/// with an importance matrix.
package struct BlockEncoder: Sendable {
    /// The types that rows can be turned into.
    package static let types: [DataType] = [
        .f32, .f16, .bf16, .q4x0, .q4x1, .q5x0, .q5x1, .q8x0, .q2K, .q3K, .q4K, .q5K, .q6K, .iq4NL, .iq4XS, .mxfp4,
        .tq1x0, .tq2x0,
    ]

    /// What is written.
    package let type: DataType

    /// Makes an encoder; nil for a type that cannot be written.
    package init?(_ type: DataType) {
        guard Self.types.contains(type) else { return nil }
        self.type = type
    }

    /// Writes one row.
    ///
    /// - Parameters:
    ///   - row: `count` finite numbers.
    ///   - count: Whole blocks of the type.
    ///   - importance: How much the error of each column counts, if that is known; none below zero.
    ///   - output: Room for the row.
    package func encode(
        _ row: UnsafePointer<Float>, count: Int, importance: UnsafePointer<Float>? = nil,
        to output: UnsafeMutableRawPointer
    ) {
        switch type {
        case .f32: output.copyMemory(from: row, byteCount: 4 * count)
        case .f16: _ = swiftlet_round_to_halves(row, count, output.assumingMemoryBound(to: UInt16.self))
        case .bf16:
            for index in 0..<count {
                let bits = UInt16(truncatingIfNeeded: row[index].roundedToBFloat.bitPattern >> 16)
                output.storeBytes(of: bits, toByteOffset: 2 * index, as: UInt16.self)
            }
        case .q8x0: RoundedBlocks.writeQ8x0(row, count, output)
        case .q4x0: encodeSymmetric(row, count, importance, levels: 15, output)
        case .q5x0: encodeSymmetric(row, count, importance, levels: 31, output)
        case .q4x1: encodeAffine(row, count, importance, levels: 15, output)
        case .q5x1: encodeAffine(row, count, importance, levels: 31, output)
        case .q2K: SuperBlocks.writeQ2K(row, count, importance: importance, output)
        case .q3K: SuperBlocks.writeQ3K(row, count, importance: importance, output)
        case .q4K: SuperBlocks.writeQ4K(row, count, importance: importance, levels: 15, output)
        case .q5K: SuperBlocks.writeQ4K(row, count, importance: importance, levels: 31, output)
        case .q6K: SuperBlocks.writeQ6K(row, count, importance: importance, output)
        case .iq4NL: TableBlocks.writeIQ4NL(row, count, importance: importance, output)
        case .iq4XS: TableBlocks.writeIQ4XS(row, count, importance: importance, output)
        case .mxfp4: MicroscaledBlocks.write(row, count, output)
        case .tq1x0: TernaryBlocks.writeTQ1x0(row, count, output)
        case .tq2x0: TernaryBlocks.writeTQ2x0(row, count, output)
        default: break
        }
    }

    private func encodeSymmetric(
        _ row: UnsafePointer<Float>, _ count: Int, _ importance: UnsafePointer<Float>?, levels: Float,
        _ output: UnsafeMutableRawPointer
    ) {
        if let importance {
            RoundedBlocks.writeWeighted(row, count, importance: importance, levels: levels, isAffine: false, output)
        } else {
            RoundedBlocks.writeSymmetric(row, count, levels: levels, output)
        }
    }

    private func encodeAffine(
        _ row: UnsafePointer<Float>, _ count: Int, _ importance: UnsafePointer<Float>?, levels: Float,
        _ output: UnsafeMutableRawPointer
    ) {
        if let importance {
            RoundedBlocks.writeWeighted(row, count, importance: importance, levels: levels, isAffine: true, output)
        } else {
            RoundedBlocks.writeAffine(row, count, levels: levels, output)
        }
    }
}
