import Checkpoints
import Files
import Inference
package import Templating
package import Tokenization

/// How texts become tokens for a model.
package struct TextFormat: Sendable {
    package var tokenizer: Tokenizer
    package var template: ChatTemplate?
    /// The token that ends a text.
    package var endOfText: Int32?
    /// The chat templates of single datasets, by the name that the recipe gives.
    var templates: [String: ChatTemplate] = [:]
    /// How the model reads pairs of texts; nil where it is not trained on such.
    var pairs: PairFormat?
    /// The text of a chat template that the recipe gives in place of the model's own.
    var givenTemplate: String?

    /// What a sentence encoder's folder says of the texts that it reads.
    struct PairFormat: Sendable {
        var maximumTokens: Int?
        var lowercases = false
    }

    init(tokenizer: Tokenizer, template: ChatTemplate?, endOfText: Int32?) {
        (self.tokenizer, self.template) = (tokenizer, template)
        self.endOfText = endOfText ?? tokenizer.specialTokens.endOfText
    }

    /// The tokenizer and chat templates of a recipe's model.
    ///
    /// - Parameter model: the model's file or folder, which needs no weights.
    /// - Throws: `TrainingError`, or what is wrong with the model's files.
    package init(_ recipe: TrainingRecipe, model: String) throws {
        let isBare = FileSystem.isFolder(model) && Tokenizer.isIn(folder: model)
        let tokenizer = isBare ? try Tokenizer(folder: model) : try Tokenizer(modelAt: model)
        var end: Int32?
        if let text = recipe.endOfText {
            end = tokenizer.id(ofPiece: text)
            if end == nil {
                throw TrainingError(
                    .recipe, at: "\(recipe.path), special_tokens.eos_token",
                    "is \(text), which the tokenizer does not have",
                    remedy: "name one of its tokens; swiftlet tokenize shows them")
            }
        }
        self.init(tokenizer: tokenizer, template: nil, endOfText: end)
        if recipe.trainsOnPairs {
            let modules = try SentenceModules(ModuleFolder(model))
            pairs = PairFormat(
                maximumTokens: modules?.maximumTokens, lowercases: modules?.lowercases ?? false)
        }
        guard (recipe.datasets + recipe.validationDatasets).contains(where: \.needsTemplate) else { return }
        let finder = TemplateFinder(recipe: recipe, model: model, tokenizer: tokenizer)
        template = try finder.template(recipe.chatTemplate)
        if let name = recipe.chatTemplate, name != "tokenizer_default" { givenTemplate = template?.source }
        for dataset in recipe.datasets + recipe.validationDatasets {
            if let name = dataset.chatTemplate { templates[name] = try finder.template(name) }
        }
    }
}

extension DatasetRecipe {
    /// Whether records may be conversations.
    fileprivate var needsTemplate: Bool { [.chat, .preference, .promptCompletion].contains(form) }
}

/// Finds the chat template that a recipe names.
private struct TemplateFinder {
    let recipe: TrainingRecipe
    let model: String
    let tokenizer: Tokenizer

    func template(_ name: String?) throws -> ChatTemplate? {
        guard let name, name != "tokenizer_default" else {
            return try ChatTemplate.ofModel(at: model, tokenizer: tokenizer)
        }
        let fallback = "tokenizer_default_fallback_"
        if name.hasPrefix(fallback) {
            if let own = try ChatTemplate.ofModel(at: model, tokenizer: tokenizer) { return own }
            return try template(String(name.dropFirst(fallback.count)))
        }
        return try ChatTemplate.ofModel(at: model, tokenizer: tokenizer, given: source(name))
    }

    private func source(_ name: String) throws -> ChatTemplateSource {
        if name.contains("{{") || name.contains("{%") { return ChatTemplateSource(name: recipe.path, text: name) }
        for path in name.hasPrefix("/") ? [name] : ["\(FileSystem.parent(of: recipe.path))/\(name)", name]
        where FileSystem.isFile(path) {
            return ChatTemplateSource(
                name: path, text: String(decoding: try FileSystem.contents(of: path), as: UTF8.self))
        }
        guard name == "chatml" else {
            throw TrainingError(
                .recipe, at: "\(recipe.path), chat_template", "\(name) is not here",
                remedy: "leave it out to use the model's own, say chatml, or name a file in the language of Jinja")
        }
        guard tokenizer.id(ofPiece: "<|im_start|>") != nil, tokenizer.id(ofPiece: "<|im_end|>") != nil else {
            throw TrainingError(
                .recipe, at: "\(recipe.path), chat_template", "chatml needs the tokens <|im_start|> and <|im_end|>",
                remedy: "the tokenizer has others: name a template that writes those")
        }
        return .chatML
    }
}
