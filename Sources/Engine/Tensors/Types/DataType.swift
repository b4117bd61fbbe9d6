/// How the elements of a tensor are stored: plain numbers, or blocks of quantized ones.
///
/// The raw value is the name the field prints, such as `Q4_K`.
package enum DataType: String, Sendable, CaseIterable {
    case f64 = "F64"
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"
    case i8 = "I8"
    case i16 = "I16"
    case i32 = "I32"
    case i64 = "I64"
    case u8 = "U8"
    case u16 = "U16"
    case u32 = "U32"
    case u64 = "U64"
    case bool = "BOOL"
    case f8e4m3 = "F8_E4M3"
    case f8e5m2 = "F8_E5M2"
    case q4x0 = "Q4_0"
    case q4x1 = "Q4_1"
    case q5x0 = "Q5_0"
    case q5x1 = "Q5_1"
    case q8x0 = "Q8_0"
    case q2K = "Q2_K"
    case q3K = "Q3_K"
    case q4K = "Q4_K"
    case q5K = "Q5_K"
    case q6K = "Q6_K"
    case iq4NL = "IQ4_NL"
    case iq4XS = "IQ4_XS"
    case mxfp4 = "MXFP4"
    /// -1, 0 and 1 with one scale for 256, five to a byte.
    case tq1x0 = "TQ1_0"
    /// The same, four to a byte.
    case tq2x0 = "TQ2_0"
    /// Points of grids, four or eight values each, with their signs; like those below read, but not written.
    case iq2XXS = "IQ2_XXS"
    case iq2XS = "IQ2_XS"
    case iq2S = "IQ2_S"
    case iq3XXS = "IQ3_XXS"
    case iq3S = "IQ3_S"
    case iq1S = "IQ1_S"
    case iq1M = "IQ1_M"
    /// 4-bit codes with a scale and a minimum in f32. Like the ones below it is no file's: the quantized weights of
    /// Hugging Face folders are brought into these.
    case codes4 = "CODES4"
    /// 8-bit codes with a scale and a minimum in f32.
    case codes8 = "CODES8"
    /// Signed 8-bit integers with a scale in f32.
    case integers8 = "INTEGERS8"
    /// Indices of NF4's levels (QLoRA, arXiv:2305.14314) with the block's largest magnitude in f32.
    case nf4 = "NF4"
    /// Indices of the levels of bitsandbytes' FP4 with the block's largest magnitude in f32.
    case fp4 = "FP4"

    /// The name the field prints.
    package var name: String { rawValue }

    /// Elements in one block; 1 for plain numbers.
    package var blockSize: Int {
        switch self {
        case .f64, .f32, .f16, .bf16, .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64, .bool, .f8e4m3, .f8e5m2: 1
        case .q4x0, .q4x1, .q5x0, .q5x1, .q8x0, .iq4NL, .mxfp4, .codes4, .codes8, .integers8, .nf4, .fp4: 32
        case .q2K, .q3K, .q4K, .q5K, .q6K, .iq4XS, .tq1x0, .tq2x0, .iq2XXS, .iq2XS, .iq2S, .iq3XXS, .iq3S, .iq1S, .iq1M:
            256
        }
    }

    /// Bytes in one block.
    package var blockByteCount: Int {
        switch self {
        case .i8, .u8, .bool, .f8e4m3, .f8e5m2: 1
        case .f16, .bf16, .i16, .u16: 2
        case .f32, .i32, .u32: 4
        case .f64, .i64, .u64: 8
        case .mxfp4: 17
        case .q4x0, .iq4NL: 18
        case .q4x1, .nf4, .fp4: 20
        case .q5x0: 22
        case .q5x1, .codes4: 24
        case .q8x0: 34
        case .integers8: 36
        case .codes8: 40
        case .iq1S: 50
        case .tq1x0: 54
        case .iq1M: 56
        case .tq2x0, .iq2XXS: 66
        case .iq2XS: 74
        case .iq2S: 82
        case .q2K: 84
        case .iq3XXS: 98
        case .q3K, .iq3S: 110
        case .iq4XS: 136
        case .q4K: 144
        case .q5K: 176
        case .q6K: 210
        }
    }

    /// Bytes that `elements` take, or nil if they do not fill whole blocks or the product overflows.
    package func byteCount(elements: Int) -> Int? {
        guard elements >= 0, elements % blockSize == 0 else { return nil }
        let (bytes, overflow) = (elements / blockSize).multipliedReportingOverflow(by: blockByteCount)
        return overflow ? nil : bytes
    }
}
