import CKernels

extension PackedMatrix {
    /// The layout in words: `4-bit codes, scales of 32, minimums`.
    public var layoutDescription: String {
        switch layout.kind {
        case SWIFTLET_DENSE_F32: return "f32"
        case SWIFTLET_DENSE_F16: return "f16"
        case SWIFTLET_DENSE_BF16: return "bf16"
        default:
            let block = Int(SWIFTLET_BLOCK) / max(Int(layout.scales_per_block), 1)
            return "\(layout.code_bits)-bit codes, scales of \(block)" + (layout.has_minimum ? ", minimums" : "")
                + (layout.table == nil ? "" : ", table")
        }
    }

    /// What bounds its products: 8-bit dot products, or arithmetic in the type of its values.
    public func peak(of limits: MachineLimits) -> Double {
        switch layout.kind {
        case SWIFTLET_CODES: limits.int8
        case SWIFTLET_DENSE_BF16 where limits.bf16 > 0: limits.bf16
        default: limits.f32
        }
    }
}

extension FastOperations.Matrix {
    /// The weights without what an adapter adds.
    public var weights: PackedMatrix { packed }
}
