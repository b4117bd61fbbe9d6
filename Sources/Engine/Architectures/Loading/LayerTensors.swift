import Checkpoints
import Tensors

/// The tensors of one layer by their roles, in the shapes that a part of it asks for; of what belongs to no layer the same
/// with the number 0.
struct LayerTensors<Ops: ParameterMaker> {
    let reader: TensorReader
    let maker: Ops
    /// The width of the stream.
    let hiddenSize: Int
    /// The layer's number in the file.
    let layer: Int

    /// The same of another layer.
    func ofLayer(_ layer: Int) -> LayerTensors {
        LayerTensors(reader: reader, maker: maker, hiddenSize: hiddenSize, layer: layer)
    }

    /// A matrix `[shape[0], shape[1]]`, with the bias of its role if it has one and what an adapter adds to both.
    ///
    /// - Parameters:
    ///   - other: the role that adapters and the bias are for where it is not the matrix's own.
    ///   - expert: which of `experts` matrices of the same role, in a tensor of its own or stacked with the others.
    ///   - rows: which rows of a tensor that several roles share.
    ///   - order: the order in which the rows are wanted, where it is not the file's.
    func matrix(
        _ role: TensorRole, adaptedAs other: TensorRole? = nil, _ shape: [Int], expert: Int? = nil,
        of experts: Int = 1, rows: TensorReader.Rows? = nil, order: [Range<Int>]? = nil, hasBias: Bool = false
    ) throws -> Ops.Matrix {
        var (source, update, origin) = try reader.matrix(
            role, adaptedAs: other, layer: layer, expert: expert, of: experts, shape: shape, rows: rows)
        var bias = try reader.bias(
            other ?? role, layer: layer, number: expert ?? 0, isStored: hasBias, of: experts, count: shape[0],
            rows: rows)
        if let order {
            (source, update) = (source.rows(order), update?.rows(order))
            origin = origin?.changed(by: .rows(order, width: source.columns))
            bias = bias.map { bias in
                let change = ParameterChange.rows(order, width: 1)
                return (change.applied(to: bias.values), bias.origin?.changed(by: change))
            }
        }
        defer { if expert == nil { reader.releasePages(role, layer: layer) } }
        return maker.makeMatrix(
            source, bias: bias?.values, adapter: update, from: MatrixOrigin(weight: origin, bias: bias?.origin))
    }

    /// A matrix as it lies in the file, and where it comes from.
    func source(_ role: TensorRole, _ shape: [Int]) throws -> (matrix: MatrixSource, origin: ParameterOrigin?) {
        let found = try reader.matrix(role, layer: layer, shape: shape)
        return (found.source, found.origin)
    }

    func table(_ role: TensorRole, _ shape: [Int]) throws -> Ops.Table {
        let (source, origin) = try reader.table(role, shape: shape)
        return maker.makeTable(source, from: origin)
    }

    /// Values of a shape, row after row; `isTransposed` gives those of a matrix column after column. `changes` lead from what
    /// the file holds to what is computed with.
    func vector(
        _ role: TensorRole, _ shape: [Int], part: TensorNames.Part = .weight, isTransposed: Bool = false,
        changes: [ParameterChange] = []
    ) throws -> Ops.Vector {
        var (values, origin) = try reader.parameter(role, layer: layer, part, shape: shape)
        let turned = ParameterChange.transposed(rows: shape[0], columns: shape.last ?? 1)
        for change in (isTransposed ? [turned] : []) + changes {
            (values, origin) = (change.applied(to: values), origin?.changed(by: change))
        }
        return maker.makeVector(values, from: origin)
    }

    /// The values themselves, for numbers that are no parameters of an operation.
    func values(_ role: TensorRole, _ shape: [Int]) throws -> [Float] {
        try reader.vector(role, layer: layer, shape: shape)
    }

    /// The values of a norm as wide as the stream, or as `size`, or as that for each of `heads`; nil if there is none.
    func norm(_ spec: NormSpec?, _ role: TensorRole, size: Int? = nil, heads: Int = 1) throws -> Norm<Ops.Vector>? {
        guard let spec else { return nil }
        let size = size ?? hiddenSize
        func values(_ part: TensorNames.Part, offset: Float = 0) throws -> Ops.Vector {
            let isNumbered = heads > 1 && reader.isNumbered(role)
            let parts = try (0..<(isNumbered ? heads : 1)).map {
                try reader.parameter(
                    role, layer: layer, number: $0, part, shape: heads > 1 && !isNumbered ? [heads, size] : [size])
            }
            let origins = parts.compactMap(\.origin)
            let origin = origins.count == parts.count ? ParameterOrigin(joining: origins) : nil
            let stored = parts.flatMap(\.values)
            guard offset != 0 else { return maker.makeVector(stored, from: origin) }
            let change = ParameterChange.shifted(by: offset)
            return maker.makeVector(change.applied(to: stored), from: origin?.changed(by: change))
        }
        return Norm(
            spec.kind, epsilon: spec.epsilon,
            weight: try spec.hasWeight ? values(.weight, offset: spec.weightOffset) : nil,
            bias: try spec.hasBias ? values(.bias) : nil)
    }

    /// Leaves a tensor that may be there unread.
    func pass(over role: TensorRole) { reader.pass(over: role, layer: layer) }

    func contains(_ role: TensorRole) -> Bool { reader.contains(role, layer: layer) }

    /// Gives back the pages of the file that hold matrices of experts.
    func releasePages(_ role: TensorRole, experts: Int) {
        for expert in 0..<experts { reader.releasePages(role, layer: layer, expert: expert) }
    }

    func error(_ role: TensorRole, _ reason: String) -> ArchitectureError {
        ArchitectureError(
            path: reader.checkpoint.path, key: "tensor \(reader.name(role, layer: layer))", reason: reason)
    }
}
