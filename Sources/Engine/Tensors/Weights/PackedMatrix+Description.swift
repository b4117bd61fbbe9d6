import CKernels

extension PackedMatrix {
    static func description(_ layout: swiftlet_matrix) -> String {
        switch layout.kind {
        case SWIFTLET_DENSE_F32: return "f32"
        case SWIFTLET_DENSE_F16: return "f16"
        case SWIFTLET_DENSE_BF16: return "bf16"
        default:
            let block = Int(SWIFTLET_BLOCK) / max(Int(layout.scales_per_block), 1)
            let form =
                switch layout.scales {
                case SWIFTLET_SCALES_BYTES: " in bytes"
                case SWIFTLET_SCALES_NIBBLES: " in nibbles"
                default: ""
                }
            return "\(layout.code_bits)-bit codes, scales of \(block)\(form)"
                + (layout.has_minimum ? ", minimums" : "") + (layout.table == nil ? "" : ", table")
        }
    }

    /// What bounds its products with many tokens.
    package var arithmetic: Arithmetic {
        switch layout.pointee.kind {
        case SWIFTLET_CODES: .int8
        case SWIFTLET_DENSE_F16, SWIFTLET_DENSE_BF16: .bf16
        default: .f32
        }
    }
}

extension FastOperations.Matrix {
    /// The weights without what an adapter adds.
    package var weights: PackedMatrix { packed }
}
