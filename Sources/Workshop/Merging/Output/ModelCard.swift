/// The model card of a merge.
enum ModelCard {
    /// The text of `README.md`.
    static func text(_ configuration: MergeConfiguration, models: [ModelReference], name: String) -> String {
        let list = models.filter { $0 != configuration.base }.map { "* \($0)\n" }.joined()
        return """
            ---
            tags:
            - mergekit
            - merge
            library_name: transformers
            ---
            # \(name)

            A merge of language models by \(configuration.method.rawValue)\
            \(configuration.base.map { ", on top of \($0)" } ?? "").

            ## Models

            \(list)
            ## Configuration

            ```yaml
            \(configuration.text.last == "\n" ? String(configuration.text.dropLast()) : configuration.text)
            ```

            """
    }
}
