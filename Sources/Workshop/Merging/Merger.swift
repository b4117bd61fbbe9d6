import Checkpoints
import Files
import OrderedCollections
import Synchronization
import Tensors

/// Merges models as a configuration says.
///
/// Everything is checked before anything is written; tensors are read, merged and written in parts, so that memory does not
/// depend on the models' size; the folder of the result appears whole or not at all.
package struct Merger: Sendable {
    /// How to go about it.
    package struct Options: Sendable {
        /// What DARE and DELLA draw from.
        package var seed: UInt64 = 0
        /// The bytes of a file of weights.
        package var shardBytes = 5_000_000_000
        /// The threads to work on.
        package var threads = ThreadPool.machineThreads
        /// Whether architectures and vocabularies may differ.
        package var allowsDifferences = false
        /// Finds the folder of a model by what the configuration calls it.
        package var resolve: @Sendable (String) throws -> String = { $0 }

        /// The usual ones.
        package init() {}
    }

    private let plan: MergePlan
    private let configuration: MergeConfiguration
    private let options: Options

    /// What is odd without being in the way, in sentences for people.
    package let notes: [String]
    /// The tensors of the result.
    package var tensorCount: Int { plan.tensors.count }
    /// The parameters of the result.
    package var parameterCount: Int { plan.tensors.reduce(0) { $0 + $1.shape.reduce(1, *) } }

    /// Opens the models and plans every tensor.
    ///
    /// - Throws: `MergeError` or `CheckpointError` for models that do not fit each other or the configuration.
    package init(_ configuration: MergeConfiguration, options: Options = Options()) throws {
        (self.configuration, self.options) = (configuration, options)
        var models: OrderedDictionary<ModelReference, MergeModel> = [:]
        for reference in configuration.models {
            models[reference] = try MergeModel(reference, resolve: options.resolve)
        }
        if !options.allowsDifferences { try ModelAgreement.check(models, tokenizer: configuration.tokenizer) }
        plan = try MergePlan(
            configuration, models: models, vocabulary: try MergedVocabulary(configuration, models: models),
            seed: options.seed)
        _ = try ChatTemplateChoice.template(configuration, plan)
        notes = plan.notes
    }

    /// Writes the result to a folder that is not there yet; `progress` is told the tensors that are done.
    package func write(to output: String, progress: @escaping @Sendable (Int) -> Void = { _ in }) throws {
        let folder = try AtomicFolder(path: output)
        let pool = ThreadPool(threads: options.threads)
        let counter = Counter(progress)
        let sources = plan.tensors.map { tensor in source(tensor, pool, counter) }
        try SafetensorsWriter.write(sources, toFolder: folder.temporaryPath, maximumBytes: options.shardBytes)
        let files = MergedFolder(configuration: configuration, plan: plan, name: FileSystem.name(of: output))
        try files.write(to: folder.temporaryPath)
        try folder.commit()
    }

    private func source(_ tensor: MergePlan.Tensor, _ pool: ThreadPool, _ counter: Counter) -> TensorSource {
        switch tensor.content {
        case .copy(let stored): return TensorSource(stored, name: tensor.name)
        case .merged(let method, let inputs, let base, let parameters):
            let group = TensorGroup(inputs: inputs, base: base, name: tensor.name, pool: pool)
            return TensorSource(name: tensor.name, dataType: tensor.dataType, shape: tensor.shape) {
                (body) throws(CheckpointError) in
                try group.write(try method.combiner(for: group, parameters), as: tensor.dataType, to: body)
                counter.add()
            }
        }
    }
}

/// Counts what is done.
private final class Counter: Sendable {
    private let count = Mutex(0)
    private let progress: @Sendable (Int) -> Void

    init(_ progress: @escaping @Sendable (Int) -> Void) { self.progress = progress }

    func add() {
        let count = count.withLock { count in
            count += 1
            return count
        }
        progress(count)
    }
}

extension TensorGroup {
    /// Hands the bytes of the result to `body`, chunk after chunk.
    func write(
        _ combiner: @escaping Combiner, as type: DataType, to body: (UnsafeRawBufferPointer) -> Void
    ) throws(CheckpointError) {
        try scan { (range, inputs) throws(CheckpointError) -> [UInt8] in
            let output = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(1, range.count))
            defer { output.deallocate() }
            let part = UnsafeMutableBufferPointer(rebasing: output[..<range.count])
            part.initialize(repeating: 0)
            combiner(range, inputs, part)
            switch ValueEncoding.bytes(UnsafeBufferPointer(part), as: type) {
            case .success(let bytes): return bytes
            case .failure(let failure):
                throw CheckpointError(
                    path: self.inputs[0].place.path, location: "tensor \(name)",
                    reason: "element \(range.lowerBound + failure.index) of the result is \(failure.value), which "
                        + "\(type.name) cannot hold", remedy: "Set out_dtype: float32 or bfloat16")
            }
        } collect: { (bytes) throws(CheckpointError) in
            bytes.withUnsafeBytes(body)
        }
    }
}
