extension Float {
    /// The nearest value that bf16 holds, of two equally near ones the even one.
    package var roundedToBFloat: Float {
        Float(bitPattern: (bitPattern &+ 0x7FFF &+ (bitPattern >> 16 & 1)) & 0xFFFF_0000)
    }
}
