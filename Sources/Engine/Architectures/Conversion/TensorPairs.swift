package import JSONValues

/// A tensor, or tensors that become one, in a Hugging Face folder and in a GGUF file.
package struct TensorPair: Sendable, Hashable {
    /// The names in a folder: one, or one for each expert.
    package var huggingFace: [String]
    /// The name in a GGUF file.
    package let gguf: String
    /// Whether the folder's matrices are stored as `[inputs, outputs]`.
    package let isTransposed: Bool
    /// What the tensor is for; of several that share it, the first.
    package let role: TensorRole
}

extension Family {
    /// The tensors that a model of this family may have, under their names in both kinds of files; biases too.
    ///
    /// Nil if the two differ by more than names, the order of halves of heads, experts that are stacked, and matrices that
    /// are turned about.
    package func tensorPairs(layers: Int, experts: Int, hasPrefix: Bool) -> [TensorPair]? {
        let prefix = hasPrefix ? tensorNames.prefixes.first ?? "" : tensorNames.prefixes.last ?? ""
        var pairs: [TensorPair] = []
        var seen: Set<String> = []
        for role in tensorNames.roles {
            guard let form = tensorNames.candidates(role).first else { continue }
            let candidates = ggufNames.candidates(role)
            guard let gguf = candidates.first(where: { ($0.fusion == nil) == (form.fusion == nil) && !$0.isNumbered })
            else { continue }
            guard gguf.fusion == form.fusion else { return nil }
            let isLayered = form.pattern.contains("{}")
            for layer in 0..<(isLayered ? layers : 1) {
                for part in [TensorNames.Part.weight, .bias] {
                    let name = gguf.name(layer: layer, part)
                    guard seen.insert(name).inserted else { continue }
                    let numbers = form.isNumbered ? 0..<experts : 0..<1
                    pairs.append(
                        TensorPair(
                            huggingFace: numbers.map { prefix + form.name(layer: layer, number: $0, part) }, gguf: name,
                            isTransposed: form.isTransposed && part == .weight, role: role))
                }
            }
        }
        return pairs
    }

    /// The family of a value of `model_type` in config.json.
    package static func of(modelType: String) -> Family? { all.first { $0.modelTypes.contains(modelType) } }

    /// Whether GGUF files have the rows of queries and keys in another order, so that channels which turn together are
    /// neighbours.
    package var turnsHeadsInGGUF: Bool { ggufPermutesHeads }

    /// Parts of the names of tensors that the network does not need.
    package var unneededTensors: [String] { ignoredTensors }

    /// What its reference takes for granted where config.json has no such key.
    package var configurationDefaults: JSON.Object { defaults }
}
