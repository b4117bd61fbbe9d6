package import Tensors

extension MergeConfiguration {
    /// The merge of an adapter into its model.
    package static func merging(adapter: String, into base: String, as type: DataType? = nil) -> MergeConfiguration {
        let model = ModelReference(base, adapter: adapter)
        var configuration = MergeConfiguration(
            path: "adapter merge", text: "", method: .passthrough, target: .whole(.models([InputModel(model: model)])))
        configuration.outputType = type
        configuration.text = lines(
            "merge_method: passthrough", ["- model: {model: \(quoted(base)), lora: \(quoted(adapter))}"], configuration)
        return configuration
    }

    /// The mean of checkpoints, all alike, or with a decay that of an exponential moving average from the first to the last.
    package static func average(of checkpoints: [String], decay: Double? = nil) -> MergeConfiguration {
        let last = checkpoints.count - 1
        let weights = checkpoints.indices.map { index in
            guard let decay else { return 1.0 }
            let power = (0..<last - index).reduce(1.0) { value, _ in value * decay }
            return index == 0 ? power : power * (1 - decay)
        }
        return weighted(zip(checkpoints, weights).map { ($0, $1) }, path: "average")
    }

    /// The point between a base and a tuned model: (1 - alpha) base + alpha tuned. (LITI, linear interpolation after tuning)
    package static func interpolation(base: String, tuned: String, alpha: Double) -> MergeConfiguration {
        weighted([(base, 1 - alpha), (tuned, alpha)], path: "interpolate")
    }

    /// A linear merge.
    private static func weighted(_ models: [(model: String, weight: Double)], path: String) -> MergeConfiguration {
        var configuration = MergeConfiguration(
            path: path, text: "", method: .linear,
            target: .whole(
                .models(
                    models.map {
                        InputModel(model: ModelReference($0.model), parameters: ["weight": .value($0.weight)])
                    })))
        configuration.text = lines(
            "merge_method: linear",
            models.map { "- model: {model: \(quoted($0.model))}\n  parameters: {weight: \($0.weight)}" }, configuration)
        return configuration
    }

    /// A model without some of its layers.
    package static func dropping(_ dropped: Range<Int>, of count: Int, from model: String) -> MergeConfiguration {
        let ranges = [0..<dropped.lowerBound, dropped.upperBound..<count].filter { !$0.isEmpty }
        let slices = ranges.map { OutputSlice(sources: [InputSlice(model: ModelReference(model), layers: $0)]) }
        var configuration = MergeConfiguration(
            path: "prune", text: "", method: .passthrough, target: .whole(.slices(slices)))
        let text = ranges.map {
            "- sources:\n  - model: {model: \(quoted(model))}\n    layer_range: [\($0.lowerBound), \($0.upperBound)]"
        }
        configuration.text = "merge_method: passthrough\nslices:\n" + text.joined(separator: "\n") + "\n"
        return configuration
    }

    private static func lines(_ head: String, _ models: [String], _ configuration: MergeConfiguration) -> String {
        let type = configuration.outputType?.pyTorchName
        return head + "\nmodels:\n" + models.joined(separator: "\n") + "\n" + (type.map { "out_dtype: \($0)\n" } ?? "")
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
}
