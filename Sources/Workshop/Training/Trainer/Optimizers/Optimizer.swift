import Checkpoints
import Tensors

/// One update of one parameter.
struct ParameterUpdate {
    /// Its number, from 1.
    let number: Int
    let rate: Float
    /// The share of the rate by which values shrink.
    let decay: Float
    /// The factor of the gradient.
    let gradientScale: Float
    /// What computes larger products.
    let operations: TapedOperations

    /// Runs `body` for parts of `count` values, on all threads.
    func forEachPart(_ count: Int, _ body: (Range<Int>) -> Void) {
        let size = 1 << 14
        operations.pool.runUnchecked((count + size - 1) / size) { item, _ in
            body(item * size..<min(count, (item + 1) * size))
        }
    }
}

/// How a parameter follows from its gradient, which an update may write over.
protocol OptimizerRule: Sendable {
    /// What is kept of a parameter from step to step.
    func states(of parameter: Parameter) -> [OptimizerState]

    func update(_ parameter: Parameter, _ states: [OptimizerState], _ update: ParameterUpdate)
}

/// Numbers that an optimizer keeps of a parameter, zeros at first.
final class OptimizerState {
    let name: String
    let shape: [Int]
    let values: UnsafeMutableBufferPointer<Float>

    init(_ name: String, shape: [Int]) {
        (self.name, self.shape) = (name, shape)
        values = .allocate(capacity: shape.reduce(1, *))
        values.initialize(repeating: 0)
    }

    deinit { values.deallocate() }
}

/// The rules of a recipe's optimizer, and what they keep of all parameters that are trained.
final class Optimizer {
    private struct Entry {
        let parameter: Parameter
        let rule: any OptimizerRule
        let states: [OptimizerState]
    }

    private let entries: [Entry]
    private let operations: TapedOperations
    private let weightDecay: Float

    /// - Parameter isHidden: whether a parameter is a matrix of a block, not an embedding, an output or a norm.
    init(
        _ recipe: TrainingRecipe, _ parameters: [Parameter], _ operations: TapedOperations,
        isHidden: (Parameter) -> Bool
    ) {
        (self.operations, weightDecay) = (operations, Float(recipe.weightDecay))
        let adamW = AdamW(
            beta1: Float(recipe.beta1), beta2: Float(recipe.beta2), epsilon: Float(recipe.epsilon))
        entries = parameters.map { parameter in
            let rule: any OptimizerRule =
                switch recipe.optimizer {
                case .adamW, .adamW8Bit: adamW
                case .sgd: SGD()
                case .lion: Lion(beta1: adamW.beta1, beta2: adamW.beta2)
                case .adafactor: Adafactor()
                case .muon: isHidden(parameter) ? Muon() : adamW
                }
            return Entry(parameter: parameter, rule: rule, states: rule.states(of: parameter))
        }
    }

    /// Changes all parameters by their gradients, which count `gradientScale` times.
    ///
    /// - Parameter number: the number of this update, from 1.
    func update(number: Int, rate: Float, gradientScale: Float) {
        for entry in entries {
            // Norms and biases keep their size.
            let decay = entry.parameter.shape.count > 1 ? weightDecay : 0
            entry.rule.update(
                entry.parameter, entry.states,
                ParameterUpdate(
                    number: number, rate: rate, decay: decay, gradientScale: gradientScale, operations: operations))
        }
    }

    private typealias Stored = (name: String, shape: [Int], values: UnsafeMutableBufferPointer<Float>)

    private func stored(_ entry: Entry) -> [Stored] {
        let name = entry.parameter.name
        return [("value.\(name)", entry.parameter.shape, entry.parameter.values)]
            + entry.states.map { ("\($0.name).\(name)", $0.shape, $0.values) }
    }

    /// The values of all parameters and what is kept of them.
    var tensors: [TensorSource] {
        entries.flatMap(stored).map { name, shape, values in
            TensorSource(name: name, dataType: .f32, shape: shape, bytes: Array(UnsafeRawBufferPointer(values)))
        }
    }

    /// Takes over what `tensors` gave.
    ///
    /// - Throws: `TrainingError` naming the tensor that is missing or has another shape.
    func load(_ path: String) throws {
        let kept = try Checkpoint.tensors(inSafetensors: path)
        for (name, shape, values) in entries.flatMap(stored) {
            guard let tensor = kept[name], tensor.shape == shape, tensor.dataType == .f32 else {
                throw TrainingError(
                    .checkpoint, at: "\(path), tensor \(name)",
                    kept[name] == nil ? "is missing" : "has another shape than the model's",
                    remedy: "the checkpoint is of another training: choose another output_dir")
            }
            tensor.withUnsafeBytes { UnsafeMutableRawBufferPointer(values).copyMemory(from: $0) }
        }
    }
}
