import Checkpoints
import JSONValues
import Quantization
import Tensors

/// Which tensors of a model AWQ multiplies with scales, and which it divides by them, so that the model stays what it is.
struct LayerScaling: Sendable {
    /// What the columns of matrices are multiplied with, by the tensors' names.
    private(set) var columns: [String: SharedResult<[Float]>] = [:]
    /// What rows of matrices and elements of vectors are divided by.
    private(set) var rows: [String: SharedResult<[Float]>] = [:]

    /// Kinds of models whose layers are named and linked in this way.
    static let modelTypes = ["granite", "llama", "mistral", "qwen2", "qwen3", "smollm3"]

    /// In each layer: the tensor that gives the inputs, and the matrices that they go into.
    private static let links: [(from: String, to: [String])] = [
        ("input_layernorm", ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]),
        ("self_attn.v_proj", ["self_attn.o_proj"]),
        ("post_attention_layernorm", ["mlp.gate_proj", "mlp.up_proj"]),
        ("mlp.up_proj", ["mlp.down_proj"]),
    ]

    /// A plan that leaves everything as it is.
    init() {}

    /// Makes a plan; scales are searched when the first tensor wants them.
    ///
    /// - Throws: `CheckpointError` for models whose layers are built in another way.
    init(_ tensors: [TensorRows], modelType: String, path: String, rounding: CalibratedRounding) throws(CheckpointError)
    {
        guard Self.modelTypes.contains(modelType) else {
            throw CheckpointError(
                path: path, location: "key model_type", reason: "AWQ is not made of \(modelType) models",
                remedy: "It is of \(Self.modelTypes.joined(separator: ", ")); choose GPTQ")
        }
        let byName = Dictionary(tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let ending = "input_layernorm.weight"
        for prefix in tensors.map(\.name).filter({ $0.hasSuffix(ending) }).map({ $0.dropLast(ending.count) }) {
            for link in Self.links {
                let matrices = link.to.compactMap { byName["\(prefix)\($0).weight"] }
                guard let source = byName["\(prefix)\(link.from).weight"], matrices.count == link.to.count,
                    let width = matrices.first?.columns, matrices.allSatisfy({ $0.columns == width }),
                    // Where several heads share their values, these have no scales of their own.
                    source.shape.first == width
                else { continue }
                let scales = Self.scales(of: matrices, width, rounding)
                for matrix in matrices { columns[matrix.name] = scales }
                rows[source.name] = scales
                rows["\(prefix)\(link.from).bias"] = scales
            }
        }
    }

    /// Searches the scales of matrices with the same inputs once; they are few numbers, which are kept.
    private static func scales(
        of matrices: [TensorRows], _ width: Int, _ rounding: CalibratedRounding
    ) -> SharedResult<[Float]> {
        SharedResult(uses: .max) { () throws(CheckpointError) -> [Float] in
            guard let products = rounding.products(matrices[0].name) else { return [Float](repeating: 1, count: width) }
            var weights: [[Float]] = []
            for matrix in matrices { weights.append(try matrix.finiteNumbers(pool: rounding.pool)) }
            return ActivationScales(
                products: products, columns: width, groupSize: rounding.groupSize, pool: rounding.pool
            ).search(weights)
        }
    }

    /// A vector divided by the scales of what follows; nil if nothing does.
    func divided(_ tensor: TensorRows, pool: ThreadPool) -> TensorSource? {
        guard let scales = rows[tensor.name], tensor.shape.count == 1 else { return nil }
        return TensorSource(name: tensor.name, dataType: tensor.dataType, shape: tensor.shape) {
            (body) throws(CheckpointError) in
            let numbers = zip(tensor.numbers(), try scales.value()).map { $0 / $1 }
            try TensorRows(name: tensor.name, numbers: numbers, shape: tensor.shape, origin: tensor.origin)
                .source(as: tensor.dataType, pool: pool).withBytes(body)
        }
    }
}
