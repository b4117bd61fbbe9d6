import Checkpoints
import Tensors

/// Brings values into the type that they are stored as.
enum ValueEncoding {
    /// The little-endian bytes of values; nil for a value that the type cannot hold, with its index.
    static func bytes(
        _ values: UnsafeBufferPointer<Float>, as type: DataType
    ) -> Result<[UInt8], OutOfRange> {
        switch type {
        case .f32: return .success(Array(UnsafeRawBufferPointer(values)))
        case .bf16:
            return encoded(values) { value in
                let rounded = value.roundedToBFloat
                return rounded.isFinite ? UInt16(truncatingIfNeeded: rounded.bitPattern >> 16) : nil
            }
        default:
            return encoded(values) { value in
                let bits = Half.bits(rounding: value)
                return bits & 0x7C00 == 0x7C00 ? nil : bits
            }
        }
    }

    struct OutOfRange: Error {
        let index: Int
        let value: Float
    }

    private static func encoded(
        _ values: UnsafeBufferPointer<Float>, _ convert: (Float) -> UInt16?
    ) -> Result<[UInt8], OutOfRange> {
        var failure: OutOfRange?
        let bytes = [UInt8](unsafeUninitializedCapacity: values.count * 2) { buffer, count in
            for (index, value) in values.enumerated() {
                guard let bits = convert(value) else {
                    failure = OutOfRange(index: index, value: value)
                    return
                }
                buffer.baseAddress?.storeBytes(of: bits.littleEndian, toByteOffset: 2 * index)
            }
            count = values.count * 2
        }
        if let failure { return .failure(failure) }
        return .success(bytes)
    }
}

extension UnsafeMutablePointer<UInt8> {
    fileprivate func storeBytes(of value: UInt16, toByteOffset offset: Int) {
        UnsafeMutableRawPointer(self).storeBytes(of: value, toByteOffset: offset, as: UInt16.self)
    }
}
