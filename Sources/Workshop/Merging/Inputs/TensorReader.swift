package import Checkpoints
import Essentials
package import Tensors

/// The values of one tensor, read some at a time, so that a tensor of any size takes little memory.
package protocol TensorReader: Sendable {
    /// Where it comes from: `PATH, tensor NAME`.
    var place: (path: String, location: String) { get }
    /// Row-major, outermost dimension first.
    var shape: [Int] { get }
    /// How it is stored.
    var dataType: DataType { get }

    /// Writes the values of a range of whole rows.
    func read(_ range: Range<Int>, into values: UnsafeMutableBufferPointer<Float>) throws(CheckpointError)
}

extension TensorReader {
    package var count: Int { shape.reduce(1, *) }
    /// The elements of the last dimension.
    var rowLength: Int { max(1, shape.last ?? 1) }

    func error(_ reason: String, remedy: String? = nil) -> CheckpointError {
        CheckpointError(path: place.path, location: place.location, reason: reason, remedy: remedy)
    }

    /// Refuses values that are no finite numbers.
    func checkFinite(_ values: UnsafeMutableBufferPointer<Float>, from start: Int) throws(CheckpointError) {
        var found: UInt32 = 0
        for value in values { found |= (value.bitPattern & 0x7F80_0000) &+ 0x0080_0000 }
        guard found & 0x8000_0000 != 0, let index = values.firstIndex(where: { !$0.isFinite }) else { return }
        throw error(
            "element \(start + index) is \(values[index].isNaN ? "not a number" : "infinite")",
            remedy: "Leave this model out, or repair it")
    }
}

/// A tensor as a checkpoint has it.
struct StoredReader: TensorReader {
    let stored: StoredTensor
    /// What the values are rounded to, if that is less than they have.
    let rounding: DataType?
    /// Whether values that are no numbers are an error.
    let isChecked: Bool

    var place: (path: String, location: String) { (stored.file.path, "tensor \(stored.name)") }
    var shape: [Int] { stored.shape }
    var dataType: DataType { stored.dataType }

    init(_ stored: StoredTensor, rounding: DataType? = nil, isChecked: Bool = true) throws(CheckpointError) {
        (self.stored, self.isChecked) = (stored, isChecked)
        self.rounding = rounding == stored.dataType || rounding == .f32 ? nil : rounding
        guard stored.dataType.isWeightType else {
            throw error(
                "it is stored as \(stored.dataType.name), which is not merged",
                remedy: "Convert the model to float32, float16 or bfloat16 first")
        }
    }

    func read(_ range: Range<Int>, into values: UnsafeMutableBufferPointer<Float>) throws(CheckpointError) {
        guard let target = values.baseAddress, !range.isEmpty else { return }
        let decoded: Bool = stored.withUnsafeBytes { bytes in
            guard let from = dataType.byteCount(elements: range.lowerBound),
                let to = dataType.byteCount(elements: range.upperBound),
                let source = MatrixSource(
                    dataType: dataType, rows: 1, columns: range.count,
                    bytes: UnsafeRawBufferPointer(rebasing: bytes[from..<to]), owner: stored.file)
            else { return false }
            source.decodeRow(0, into: target)
            return true
        }
        guard decoded else { throw error("its rows are not whole blocks of \(dataType.name)") }
        if isChecked { try checkFinite(values, from: range.lowerBound) }
        values.round(to: rounding)
    }
}

/// A tensor with the change that an adapter makes to it.
struct AdaptedReader: TensorReader {
    let base: StoredReader
    let module: LowRankAdapter.Module
    /// A [rank, inputs] and B [outputs, rank], or what they are for a transposed weight, so that rows are outputs.
    private let rows: [Float]
    private let columns: [Float]

    var place: (path: String, location: String) { base.place }
    var shape: [Int] { base.shape }
    var dataType: DataType { base.dataType }

    init(_ base: StoredReader, _ module: LowRankAdapter.Module) throws(CheckpointError) {
        (self.base, self.module) = (base, module)
        let (a, b) = (try Self.values(module.a), try Self.values(module.b))
        let rank = module.rank
        let (inputs, outputs) = (module.a.shape[1], module.b.shape[0])
        let expected = module.isTransposed ? [inputs, outputs] : [outputs, inputs]
        guard base.shape == expected else {
            throw CheckpointError(
                path: module.a.file.path, location: "tensor \(module.a.name)",
                reason: "the adapter changes \(module.weight) of the shape \(expected), the model has \(base.shape)",
                remedy: "It was trained for another model")
        }
        if module.isTransposed {
            rows = Self.transposed(a, rank)
            columns = Self.transposed(b, outputs)
        } else {
            (rows, columns) = (b, a)
        }
    }

    private static func values(_ stored: StoredTensor) throws(CheckpointError) -> [Float] {
        let reader = try StoredReader(stored)
        return try reader.allValues()
    }

    /// The transposed of a matrix with `rows` rows.
    private static func transposed(_ matrix: [Float], _ rows: Int) -> [Float] {
        let columns = matrix.count / max(rows, 1)
        return (0..<matrix.count).map { matrix[$0 % rows * columns + $0 / rows] }
    }

    func read(_ range: Range<Int>, into values: UnsafeMutableBufferPointer<Float>) throws(CheckpointError) {
        try base.read(range, into: values)
        let (width, rank) = (rowLength, module.rank)
        for row in range.lowerBound / width..<range.upperBound / width {
            let start = row * width - range.lowerBound
            var change = [Float](repeating: 0, count: width)
            for index in 0..<rank {
                let factor = rows[row * rank + index]
                columns.withUnsafeBufferPointer { columns in
                    for column in 0..<width { change[column] += factor * columns[index * width + column] }
                }
            }
            for column in 0..<width { values[start + column] += module.scale * change[column] }
        }
    }
}

extension TensorReader {
    /// All values at once, for small tensors.
    func allValues() throws(CheckpointError) -> [Float] {
        var failure: CheckpointError?
        let values = [Float](unsafeUninitializedCapacity: count) { buffer, filled in
            buffer.initialize(repeating: 0)
            filled = count
            do throws(CheckpointError) { try read(0..<count, into: buffer) } catch { failure = error }
        }
        if let failure { throw failure }
        return values
    }
}
