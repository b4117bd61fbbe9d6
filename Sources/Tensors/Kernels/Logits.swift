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
}
