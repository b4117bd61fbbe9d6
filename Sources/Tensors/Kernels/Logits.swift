import CKernels

/// Reductions over the logits of one position.
public enum Logits {
    /// log(sum(exp(logits))): what a logit minus this is a log-probability.
    public static func logSumExp(_ logits: UnsafeBufferPointer<Float>) -> Float {
        Kernels.best.table.pointee.log_sum_exp(logits.baseAddress, logits.count)
    }

    /// The index of the largest logit, the first of equal ones.
    public static func argmax(_ logits: UnsafeBufferPointer<Float>) -> Int {
        Kernels.best.table.pointee.index_of_maximum(logits.baseAddress, logits.count)
    }

    /// Whether every logit is a number below infinity; minus infinity is what can never be chosen.
    public static func areBelowInfinity(_ logits: UnsafeBufferPointer<Float>) -> Bool {
        let (bytes, lanes) = (UnsafeRawBufferPointer(logits), SIMD16<Float>.scalarCount)
        let limit = SIMD16<Float>(repeating: .infinity)
        var areBelow = SIMDMask<SIMD16<Float>.MaskStorage>(repeating: true)
        for index in 0..<logits.count / lanes {
            areBelow .&= bytes.loadUnaligned(fromByteOffset: index * 4 * lanes, as: SIMD16<Float>.self) .< limit
        }
        return all(areBelow) && logits.suffix(logits.count % lanes).allSatisfy { $0 < .infinity }
    }
}
