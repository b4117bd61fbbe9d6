import Checkpoints
import Quantization
import Tensors

/// Matrices of 4 bits that are rounded by what they are multiplied with: GPTQ's and AWQ's.
struct CalibratedRounding: Sendable {
    /// The sums of products of what a tensor's columns are multiplied with, [columns, columns]; nil if that is not known.
    typealias Products = @Sendable (_ tensor: String) -> [Float]?

    let products: Products
    let groupSize: Int
    let pool: ThreadPool

    /// Rounds by GPTQ; what the text did not reach, as if all inputs were alike.
    func gptq(_ tensor: TensorRows) -> [TensorSource] {
        let (products, groupSize, pool) = (products, groupSize, pool)
        let made = SharedResult(uses: 3) { () throws(CheckpointError) -> FourBitMatrix in
            let weights = try tensor.finiteNumbers(pool: pool)
            let columns = tensor.columns
            guard
                let rounding = products(tensor.name).flatMap({
                    CompensatedRounding(products: $0, columns: columns, pool: pool)
                }) ?? CompensatedRounding(products: Self.identity(columns), columns: columns, pool: pool)
            else { throw CheckpointError(path: tensor.origin, reason: "its columns cannot be put in order") }
            return FourBitMatrix(compensating: weights, groupSize: groupSize, by: rounding, pool: pool)
        }
        return FourBitMatrix.gptq(Self.layer(tensor), of: tensor, groupSize: groupSize, made)
    }

    /// Rounds by AWQ: columns times their scales, rows by those of what follows.
    func awq(_ tensor: TensorRows, _ scaling: LayerScaling) -> [TensorSource] {
        let (products, groupSize, pool) = (products, groupSize, pool)
        let made = SharedResult(uses: 3) { () throws(CheckpointError) -> FourBitMatrix in
            let columns = tensor.columns
            var weights = try tensor.finiteNumbers(pool: pool)
            var importance = [Float](repeating: 1, count: columns)
            if let products = products(tensor.name) { importance = (0..<columns).map { products[$0 * (columns + 1)] } }
            if let scales = try scaling.columns[tensor.name]?.value() {
                for index in weights.indices { weights[index] *= scales[index % columns] }
                for column in 0..<columns { importance[column] /= scales[column] * scales[column] }
            }
            if let divisors = try scaling.rows[tensor.name]?.value() {
                for index in weights.indices { weights[index] /= divisors[index / columns] }
            }
            return FourBitMatrix(
                nearest: weights, columns: columns, groupSize: groupSize, importance: importance, pool: pool)
        }
        return FourBitMatrix.awq(Self.layer(tensor), of: tensor, groupSize: groupSize, made)
    }

    private static func layer(_ tensor: TensorRows) -> String { String(tensor.name.dropLast(".weight".count)) }

    private static func identity(_ columns: Int) -> [Float] {
        var identity = [Float](repeating: 0, count: columns * columns)
        for column in 0..<columns { identity[column * (columns + 1)] = 1 }
        return identity
    }
}
