import CKernels

/// Reductions over the logits of one position.
package enum Logits {
    /// log(sum(exp(logits))): what a logit minus this is a log-probability.
    package static func logSumExp(_ logits: UnsafeBufferPointer<Float>) -> Float {
        Kernels.best.table.pointee.log_sum_exp(logits.baseAddress, logits.count)
    }

    /// The index of the largest logit, the first of equal ones.
    package static func argmax(_ logits: UnsafeBufferPointer<Float>) -> Int {
        Kernels.best.table.pointee.index_of_maximum(logits.baseAddress, logits.count)
    }

    /// Whether a token can be chosen: every logit is a number below infinity, and one at least is above minus infinity.
    package static func areUsable(_ logits: UnsafeBufferPointer<Float>) -> Bool {
        let (bytes, lanes) = (UnsafeRawBufferPointer(logits), SIMD16<Float>.scalarCount)
        let infinity = SIMD16<Float>(repeating: .infinity)
        var areBelow = SIMDMask<SIMD16<Float>.MaskStorage>(repeating: true)
        var areAbove = SIMDMask<SIMD16<Float>.MaskStorage>(repeating: false)
        for index in 0..<logits.count / lanes {
            let values = bytes.loadUnaligned(fromByteOffset: index * 4 * lanes, as: SIMD16<Float>.self)
            areBelow .&= values .< infinity
            areAbove .|= values .> -infinity
        }
        let rest = logits.suffix(logits.count % lanes)
        return all(areBelow) && rest.allSatisfy { $0 < .infinity }
            && (any(areAbove) || rest.contains { $0 > -.infinity })
    }
}
