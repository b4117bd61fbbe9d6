import Architectures
import Checkpoints
import Tensors

/// A model that reads texts while somebody looks at what its matrices are multiplied with.
final class ObservedNetwork {
    private let reader: TextReader
    /// The tensors of a GGUF file by the names of the folder's that they are made of, or the other way about.
    private let ggufPlaces: [String: (name: String, index: Int, count: Int)]
    private let folderNames: [String: [String]]

    /// Tokens that the model can read at once.
    var contextLength: Int { reader.spec.contextLength }
    var operations: FastOperations { reader.network.operations }

    /// Loads a model.
    init(_ checkpoint: Checkpoint, threads: Int?) throws {
        let loader = try NetworkLoader(checkpoint, givesLogits: false)
        reader = try TextReader(checkpoint, loader, threads: threads) {
            FastOperations(pool: $0, isDeterministic: true)
        }
        let pairs = Self.pairs(checkpoint, loader)
        guard case .huggingFace = checkpoint.metadata else {
            ggufPlaces = [:]
            folderNames = Dictionary(pairs.map { ($0.gguf, $0.huggingFace) }, uniquingKeysWith: { first, _ in first })
            return
        }
        folderNames = [:]
        var places: [String: (name: String, index: Int, count: Int)] = [:]
        for pair in pairs {
            for (index, name) in pair.huggingFace.enumerated() {
                places[name] = (pair.gguf, index, pair.huggingFace.count)
            }
        }
        ggufPlaces = places
    }

    private static func pairs(_ checkpoint: Checkpoint, _ loader: NetworkLoader) -> [TensorPair] {
        let experts: Int?
        switch checkpoint.metadata {
        case .huggingFace(let files):
            experts = ["num_local_experts", "num_experts"].compactMap { files.config[$0]?.intValue }.first
        case .gguf(let metadata):
            let architecture = (try? metadata.string("general.architecture")) ?? nil
            experts = (try? metadata.int("\(architecture ?? "").expert_count")) ?? nil
        case .bare: experts = nil
        }
        return loader.family.tensorPairs(
            layers: loader.spec.layers.count, experts: min(max(experts ?? 0, 0), 4096),
            hasPrefix: checkpoint.tensors.keys.contains { $0.hasPrefix("transformer.") }) ?? []
    }

    /// A text in windows of so many tokens; see ``TextWindows``.
    func windows(of text: String, size: Int, limit: Int?) -> [[Int32]] {
        reader.windows(of: text, size: size, limit: limit)
    }

    /// Reads a piece of text on its own.
    func read(
        _ tokens: [Int32],
        observer: @escaping (_ input: FastOperations.Activations, _ origins: [FastOperations.Origin]) -> Void
    ) {
        guard let last = tokens.indices.last else { return }
        operations.observer = { observer($0, $1.compactMap(\.origin)) }
        defer { operations.observer = nil }
        reader.read(tokens, rows: [last])
    }

    /// Which matrix of which tensor a GGUF file of the model has.
    func ggufPlace(of origin: FastOperations.Origin) -> (name: String, index: Int, count: Int) {
        ggufPlaces[origin.tensor] ?? (origin.tensor, origin.index, origin.count)
    }

    /// The name that a folder of the model has for a matrix.
    func folderName(of origin: FastOperations.Origin) -> String {
        guard let names = folderNames[origin.tensor], names.indices.contains(origin.index) else { return origin.tensor }
        return names[origin.index]
    }
}
