import ArgumentParser

/// Whether the weights of encoders are rounded.
struct WeightRoundingOptions: ParsableArguments {
    @Flag(
        help: """
            Round an encoder's weights in f32 to bf16: half the memory, and faster where the processor multiplies bf16. \
            Cosines with the exact vectors stay above 0.9999.
            """)
    var bf16 = false
}
