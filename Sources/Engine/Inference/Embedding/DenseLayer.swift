import Checkpoints
import Platform
import Tensors

/// A matrix, a bias and a function, applied to one vector: what stands behind a network in a sentence encoder's folder, or
/// in the head of a classifier.
struct DenseLayer: Sendable {
    /// What is applied to each value.
    enum Function: String, Sendable {
        case identity = "Identity"
        case tanh = "Tanh"
        case sigmoid = "Sigmoid"
        case relu = "ReLU"
        case gelu = "GELU"
        case silu = "SiLU"

        func callAsFunction(_ value: Float) -> Float {
            switch self {
            case .identity: value
            case .tanh: tanhf(value)
            case .sigmoid: 1 / (1 + expf(-value))
            case .relu: max(0, value)
            case .gelu: 0.5 * value * (1 + erff(value * Float(0.5).squareRoot()))
            case .silu: value / (1 + expf(-value))
            }
        }

        /// Reads the name of PyTorch's class, such as `torch.nn.modules.activation.Tanh`.
        init(_ name: String, path: String, key: String) throws(EmbeddingError) {
            guard let function = Self(rawValue: String(name.split(separator: ".").last ?? "")) else {
                throw .model(path: path, key: key, reason: "the function \(name) is not known here")
            }
            self = function
        }

        /// Reads the name that configurations of transformers have for it.
        init(activation name: String, path: String, key: String) throws(EmbeddingError) {
            let functions: [String: Function] = [
                "gelu": .gelu, "tanh": .tanh, "silu": .silu, "swish": .silu, "relu": .relu, "sigmoid": .sigmoid,
                "linear": .identity,
            ]
            guard let function = functions[name] else {
                throw .model(path: path, key: key, reason: "the function \(name) is not known here")
            }
            self = function
        }
    }

    let inputs: Int
    let outputs: Int
    /// `[outputs, inputs]`.
    private let weight: [Float]
    private let bias: [Float]
    private let function: Function
    private let addsInput: Bool

    /// Takes `NAME.weight` and, if it is there, `NAME.bias`.
    init(
        _ name: String, of tensors: some TensorTable, path: String, function: Function, addsInput: Bool = false
    ) throws {
        guard let stored = tensors.tensor("\(name).weight"), stored.shape.count == 2 else {
            throw EmbeddingError.model(path: path, key: "tensor \(name).weight", reason: "is missing or no matrix")
        }
        (outputs, inputs) = (stored.shape[0], stored.shape[1])
        weight = try stored.numbers().map(Float.init)
        let bias = try tensors.tensor("\(name).bias")?.numbers().map(Float.init)
        guard bias == nil || bias?.count == outputs, !addsInput || inputs == outputs, inputs > 0, outputs > 0 else {
            throw EmbeddingError.model(
                path: path, key: "tensor \(name).bias", reason: "has \(bias?.count ?? 0) values for \(outputs) outputs")
        }
        self.bias = bias ?? [Float](repeating: 0, count: outputs)
        self.function = function
        self.addsInput = addsInput
    }

    /// A row of weights, which gives one value.
    init(weight: [Float], function: Function) {
        (inputs, outputs, self.weight, bias) = (weight.count, 1, weight, [0])
        (self.function, addsInput) = (function, false)
    }

    func callAsFunction(_ input: [Float]) -> [Float] {
        (0..<outputs).map { row in
            var sum = Double(bias[row])
            for column in 0..<inputs { sum += Double(weight[row * inputs + column]) * Double(input[column]) }
            let value = function(Float(sum))
            return addsInput ? value + input[row] : value
        }
    }
}

/// Tensors by their names.
protocol TensorTable {
    func tensor(_ name: String) -> StoredTensor?
}

extension Checkpoint: TensorTable {
    func tensor(_ name: String) -> StoredTensor? { tensors[name] }
}
