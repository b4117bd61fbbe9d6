import Platform
import Tensors

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019).
struct AdamW: OptimizerRule {
    let beta1, beta2, epsilon: Float

    func states(of parameter: Parameter) -> [OptimizerState] {
        [OptimizerState("first", shape: parameter.shape), OptimizerState("second", shape: parameter.shape)]
    }

    func update(_ parameter: Parameter, _ states: [OptimizerState], _ update: ParameterUpdate) {
        let number = Double(update.number)
        let size = Float(Double(update.rate) / (1 - pow(Double(beta1), number)))
        let root = Float((1 - pow(Double(beta2), number)).squareRoot())
        let kept = 1 - update.rate * update.decay
        let (values, gradient) = (parameter.values, parameter.gradient)
        let (averages, squares) = (states[0].values, states[1].values)
        update.forEachPart(parameter.count) { part in
            for index in part {
                let slope = gradient[index] * update.gradientScale
                let average = beta1 * averages[index] + (1 - beta1) * slope
                let square = beta2 * squares[index] + (1 - beta2) * slope * slope
                (averages[index], squares[index]) = (average, square)
                values[index] = values[index] * kept - size * average / (square.squareRoot() / root + epsilon)
            }
        }
    }
}
