import Checkpoints
import Tensors

/// Stand-ins for what Checkpoints will offer.
public struct LowRankAdapter: Sendable {
    var path = ""
    struct Module: @unchecked Sendable { var down: MatrixSource; var up: MatrixSource; var scale: Float }
    var modules: [String: Module] = [:]
}

extension Checkpoint {
    func contains(_ name: String) -> Bool { tensors[name] != nil }
    func matrix(named name: String) throws -> (source: MatrixSource, tensors: [String])? {
        guard let tensor = tensors[name] else { return nil }
        let columns = tensor.shape.last ?? 1
        guard let source = MatrixSource(
            dataType: tensor.dataType, rows: tensor.elementCount / max(columns, 1), columns: columns,
            bytes: tensor.withUnsafeBytes { $0 }, owner: tensor.file)
        else { return nil }
        return (source, [name])
    }
}
