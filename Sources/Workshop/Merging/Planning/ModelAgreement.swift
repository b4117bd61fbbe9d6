import OrderedCollections

/// Whether models are of one kind.
enum ModelAgreement {
    /// Refuses models of different architectures, and tokenizers that mean different tokens by the same number.
    static func check(
        _ models: OrderedDictionary<ModelReference, MergeModel>, tokenizer: MergeConfiguration.Tokenizer?
    ) throws {
        guard let first = models.values.first else { return }
        let remedy = "Merge models of one kind, or allow differences (--allow-crimes)"
        for model in models.values.dropFirst() where model.architecture != first.architecture {
            throw MergeError(
                path: model.path,
                reason: "the architecture is \(model.architecture), that of \(first.path) is "
                    + first.architecture, remedy: remedy)
        }
        guard tokenizer == nil, models.count > 1, let own = try TokenizerFile(folder: first.path) else { return }
        var tokens: [Int: String] = [:]
        for (text, id) in own.ids { tokens[id] = text }
        let added = Set(own.addedTokens.map(\.text))
        for model in models.values.dropFirst() {
            guard let other = try TokenizerFile(folder: model.path) else { continue }
            let otherAdded = Set(other.addedTokens.map(\.text))
            for (text, id) in other.ids {
                // Tokens that were added by fine-tuning often take the place of reserved ones.
                guard let mine = tokens[id], mine != text, !added.contains(mine), !otherAdded.contains(text) else {
                    continue
                }
                throw MergeError(
                    path: model.path,
                    reason: "the vocabularies differ: token \(id) is \"\(text)\" here and \"\(mine)\" in "
                        + first.path,
                    remedy: "Add tokenizer_source: base or union to the configuration")
            }
        }
    }
}
