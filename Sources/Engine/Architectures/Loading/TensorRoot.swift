extension TensorReader {
    /// Where the tensors of a language model lie among those of a model that has other parts, too.
    struct Root {
        /// What stands where files of a language model alone have `model.`.
        let model: String
        /// What stands before all other names.
        let others: String

        static let all = [
            Root(model: "model.", others: ""), Root(model: "model.language_model.", others: ""),
            Root(model: "language_model.model.", others: "language_model."),
            Root(model: "thinker.model.", others: "thinker."), Root(model: "model.text_model.", others: ""),
            Root(model: "language_model.", others: ""),
        ]

        func name(_ name: String) -> String {
            name.hasPrefix("model.") ? model + name.dropFirst("model.".count) : others + name
        }
    }
}
