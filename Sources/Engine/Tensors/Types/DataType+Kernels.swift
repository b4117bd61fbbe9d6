import CKernels

extension DataType {
    /// The kernels' number of this format, or nil if values of this type are not weights (integers, Booleans, f64).
    var kernelFormat: swiftlet_format? {
        switch self {
        case .f32: SWIFTLET_FORMAT_F32
        case .f16: SWIFTLET_FORMAT_F16
        case .bf16: SWIFTLET_FORMAT_BF16
        case .f8e4m3: SWIFTLET_FORMAT_F8_E4M3
        case .q4x0: SWIFTLET_FORMAT_Q4_0
        case .q4x1: SWIFTLET_FORMAT_Q4_1
        case .q5x0: SWIFTLET_FORMAT_Q5_0
        case .q5x1: SWIFTLET_FORMAT_Q5_1
        case .q8x0: SWIFTLET_FORMAT_Q8_0
        case .q2K: SWIFTLET_FORMAT_Q2_K
        case .q3K: SWIFTLET_FORMAT_Q3_K
        case .q4K: SWIFTLET_FORMAT_Q4_K
        case .q5K: SWIFTLET_FORMAT_Q5_K
        case .q6K: SWIFTLET_FORMAT_Q6_K
        case .iq4NL: SWIFTLET_FORMAT_IQ4_NL
        case .iq4XS: SWIFTLET_FORMAT_IQ4_XS
        case .mxfp4: SWIFTLET_FORMAT_MXFP4
        case .codes4: SWIFTLET_FORMAT_CODES4
        case .codes8: SWIFTLET_FORMAT_CODES8
        case .integers8: SWIFTLET_FORMAT_INTEGERS8
        case .nf4: SWIFTLET_FORMAT_NF4
        case .fp4: SWIFTLET_FORMAT_FP4
        case .tq1x0: SWIFTLET_FORMAT_TQ1_0
        case .tq2x0: SWIFTLET_FORMAT_TQ2_0
        case .iq2XXS: SWIFTLET_FORMAT_IQ2_XXS
        case .iq2XS: SWIFTLET_FORMAT_IQ2_XS
        case .iq2S: SWIFTLET_FORMAT_IQ2_S
        case .iq3XXS: SWIFTLET_FORMAT_IQ3_XXS
        case .iq3S: SWIFTLET_FORMAT_IQ3_S
        case .iq1S: SWIFTLET_FORMAT_IQ1_S
        case .iq1M: SWIFTLET_FORMAT_IQ1_M
        case .f64, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .bool, .f8e5m2: nil
        }
    }

    /// Whether a model can have weights of this type.
    package var isWeightType: Bool { kernelFormat != nil }
}
