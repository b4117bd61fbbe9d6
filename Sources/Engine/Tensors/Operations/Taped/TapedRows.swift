/// Rows of activations, and the gradient of the loss by them while it is led back.
package final class TapedRows {
    let values: UnsafeMutablePointer<Float>
    let tokens: Int
    let width: Int
    /// Whether anything trainable leads to them.
    let isTracked: Bool
    private(set) var gradient: UnsafeMutablePointer<Float>?
    private let memory: FloatMemory

    init(_ tokens: Int, _ width: Int, isTracked: Bool, memory: FloatMemory) {
        (self.tokens, self.width, self.isTracked, self.memory) = (tokens, width, isTracked, memory)
        values = memory.take(tokens * width)
    }

    var count: Int { tokens * width }

    func row(_ index: Int) -> UnsafeMutablePointer<Float> { values + index * width }

    /// The gradient to add to, zeros at first.
    func openGradient() -> UnsafeMutablePointer<Float> {
        let (gradient, isFilled) = openGradientForProduct()
        if !isFilled { gradient.update(repeating: 0, count: count) }
        return gradient
    }

    /// The gradient, and whether there is already one to add to; otherwise all of it must be written.
    func openGradientForProduct() -> (pointer: UnsafeMutablePointer<Float>, isFilled: Bool) {
        if let gradient { return (gradient, true) }
        let taken = memory.take(count)
        gradient = taken
        return (taken, false)
    }

    deinit {
        memory.give(values, count)
        if let gradient { memory.give(gradient, count) }
    }
}

/// A weight matrix `[rows, columns]` with what belongs to it.
package final class TapedMatrix {
    /// A trainable low-rank change of a matrix: `scale` x `up` x `down` is added to it (Hu et al. 2021).
    package struct Adapter {
        let rank: Int
        /// `[rank, columns]`.
        let down: ParameterView
        /// `[rows, rank]`.
        let up: ParameterView
        let scale: Float
        /// The share of the inputs that the change does not see.
        let dropout: Float
        /// Different for each adapted matrix.
        let number: Int
    }

    /// The numbers of outputs and inputs.
    package let rows, columns: Int
    /// Where it comes from.
    package let origin: MatrixOrigin?
    let weight: MatrixValues
    let bias: ParameterView?
    var adapter: Adapter?

    init(rows: Int, columns: Int, weight: MatrixValues, bias: ParameterView?, origin: MatrixOrigin?) {
        (self.rows, self.columns, self.weight, self.bias, self.origin) = (rows, columns, weight, bias, origin)
    }

    var isTrainable: Bool { weight.isTrainable || bias?.isTrainable == true || adapter != nil }
}

/// A table `[rows, columns]` whose rows are looked up.
package struct TapedTable {
    let columns: Int
    let values: MatrixValues
}

/// A text that is read from its beginning, in one pass: nothing of it is kept.
package struct TapedSequence {
    /// A text.
    package init() {}
}
