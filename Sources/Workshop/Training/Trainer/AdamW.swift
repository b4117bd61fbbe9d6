import Tensors

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019).
struct AdamW {
    var beta1: Float
    var beta2: Float
    var epsilon: Float
    var weightDecay: Float

    /// The moments of a parameter.
    final class Moments {
        let first: UnsafeMutableBufferPointer<Float>
        let second: UnsafeMutableBufferPointer<Float>

        init(count: Int) {
            first = .allocate(capacity: count)
            second = .allocate(capacity: count)
            first.initialize(repeating: 0)
            second.initialize(repeating: 0)
        }

        deinit {
            first.deallocate()
            second.deallocate()
        }
    }

    /// Changes a parameter by its gradient, which counts `gradientScale` times.
    ///
    /// - Parameter step: the number of this update, from 1.
    func update(_ parameter: Parameter, _ moments: Moments, step: Int, rate: Float, gradientScale: Float) {
        // Norms and biases keep their size.
        let decay = parameter.shape.count > 1 ? 1 - rate * weightDecay : 1
        let firstCorrection = 1 - Self.power(beta1, step)
        let secondCorrection = (1 - Self.power(beta2, step)).squareRoot()
        let (values, gradient) = (parameter.values, parameter.gradient)
        for index in values.indices {
            let slope = gradient[index] * gradientScale
            let first = beta1 * moments.first[index] + (1 - beta1) * slope
            let second = beta2 * moments.second[index] + (1 - beta2) * slope * slope
            (moments.first[index], moments.second[index]) = (first, second)
            let step = rate / firstCorrection * first / (second.squareRoot() / secondCorrection + epsilon)
            values[index] = values[index] * decay - step
        }
    }

    private static func power(_ base: Float, _ exponent: Int) -> Float {
        var (result, factor, rest) = (1.0, Double(base), exponent)
        while rest > 0 {
            if rest & 1 == 1 { result *= factor }
            factor *= factor
            rest >>= 1
        }
        return Float(result)
    }
}
