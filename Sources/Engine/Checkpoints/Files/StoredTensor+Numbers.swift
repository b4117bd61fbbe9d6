import Tensors

extension StoredTensor {
    /// The elements of a tensor of plain numbers.
    ///
    /// - Throws: `CheckpointError` for types of blocks and eight-bit floats.
    package func numbers() throws(CheckpointError) -> [Double] {
        switch dataType {
        case .f64: decode(UInt64.self) { Double(bitPattern: $0) }
        case .f32: decode(UInt32.self) { Double(Float(bitPattern: $0)) }
        case .bf16: decode(UInt16.self) { Double(Float(bitPattern: UInt32($0) << 16)) }
        case .f16: decode(UInt16.self) { Double(Self.half($0)) }
        case .i8: decode(Int8.self) { Double($0) }
        case .i16: decode(Int16.self) { Double($0) }
        case .i32: decode(Int32.self) { Double($0) }
        case .i64: decode(Int64.self) { Double($0) }
        case .u8, .bool: decode(UInt8.self) { Double($0) }
        case .u16: decode(UInt16.self) { Double($0) }
        case .u32: decode(UInt32.self) { Double($0) }
        case .u64: decode(UInt64.self) { Double($0) }
        default:
            throw CheckpointError(
                path: file.path, location: "tensor \(name)", reason: "\(dataType.name) holds no plain numbers",
                remedy: "Get the model in another precision")
        }
    }

    private func decode<T: FixedWidthInteger>(_ type: T.Type, _ convert: (T) -> Double) -> [Double] {
        withUnsafeBytes { bytes in
            (0..<bytes.count / MemoryLayout<T>.size).map { index in
                let stored = bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<T>.size, as: T.self)
                return convert(T(littleEndian: stored))
            }
        }
    }

    /// IEEE 754's binary16, without the type that not every platform has.
    private static func half(_ bits: UInt16) -> Float {
        let (exponent, mantissa) = (Int(bits >> 10 & 31), Float(bits & 1023))
        let magnitude: Float =
            switch exponent {
            case 0: mantissa * 0x1p-24
            case 31: mantissa == 0 ? .infinity : .nan
            default: Float(sign: .plus, exponent: exponent - 15, significand: 1 + mantissa / 1024)
            }
        return bits & 0x8000 == 0 ? magnitude : -magnitude
    }
}
