package import Tensors

/// What a model is quantized to: a kind for most of its matrices, and rules for those that need more bits.
///
/// The names, numbers and rules are llama.cpp's.
package struct QuantizationMix: Sendable, Hashable {
    /// Which matrices get more bits than the others.
    enum Size: Sendable { case none, small, medium, large }

    /// The name, such as `Q4_K_M`.
    package let name: String
    /// The kind of most matrices.
    package let base: DataType
    /// `general.file_type` of the file.
    package let fileType: UInt32
    let size: Size

    /// All that there are.
    package static let all: [QuantizationMix] = [
        mix("F32", .f32, 0), mix("F16", .f16, 1), mix("BF16", .bf16, 32),
        mix("Q4_0", .q4x0, 2), mix("Q4_1", .q4x1, 3), mix("Q5_0", .q5x0, 8), mix("Q5_1", .q5x1, 9),
        mix("Q8_0", .q8x0, 7),
        mix("Q2_K", .q2K, 10, .medium), mix("Q2_K_S", .q2K, 21, .small),
        mix("Q3_K_S", .q3K, 11, .small), mix("Q3_K_M", .q3K, 12, .medium), mix("Q3_K_L", .q3K, 13, .large),
        mix("Q4_K_S", .q4K, 14, .small), mix("Q4_K_M", .q4K, 15, .medium),
        mix("Q5_K_S", .q5K, 16, .small), mix("Q5_K_M", .q5K, 17, .medium), mix("Q6_K", .q6K, 18),
        mix("IQ4_NL", .iq4NL, 25), mix("IQ4_XS", .iq4XS, 30), mix("TQ1_0", .tq1x0, 36), mix("TQ2_0", .tq2x0, 37),
        mix("MXFP4_MOE", .mxfp4, 38),
    ]

    /// Other names of some.
    private static let aliases = [
        "Q3_K": "Q3_K_M", "Q4_K": "Q4_K_M", "Q5_K": "Q5_K_M", "MXFP4": "MXFP4_MOE",
    ]

    /// The mix of this name, in letters of either case; nil if there is none.
    package init?(_ name: String) {
        let upper = name.uppercased()
        guard let found = Self.all.first(where: { $0.name == Self.aliases[upper] ?? upper }) else { return nil }
        self = found
    }

    private init(name: String, base: DataType, fileType: UInt32, size: Size) {
        (self.name, self.base, self.fileType, self.size) = (name, base, fileType, size)
    }

    private static func mix(
        _ name: String, _ base: DataType, _ fileType: UInt32, _ size: Size = .none
    ) -> QuantizationMix {
        QuantizationMix(name: name, base: base, fileType: fileType, size: size)
    }

    /// Whether matrices become blocks of codes.
    package var isQuantized: Bool { base.blockSize > 1 }
}
