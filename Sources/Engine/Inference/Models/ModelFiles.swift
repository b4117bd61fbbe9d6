import Checkpoints
import Decoding
import JSONValues
import Templating
import Tokenization

/// What a checkpoint says beside its weights: tokenizer, chat template, recommended sampling.
struct ModelFiles {
    private let checkpoint: Checkpoint

    init(_ checkpoint: Checkpoint) { self.checkpoint = checkpoint }

    /// What people call the model.
    var name: String { ModelTitle.of(checkpoint) }

    /// The folder of the files beside the weights.
    private var folder: String {
        if case .huggingFace(let files) = checkpoint.metadata { return files.folder }
        return checkpoint.path.lastIndex(of: "/").map { String(checkpoint.path[..<$0]) } ?? "."
    }

    /// Whether there is a tokenizer; without one a model runs on token ids.
    var hasTokenizer: Bool {
        switch checkpoint.metadata {
        case .huggingFace, .bare: Tokenizer.isIn(folder: folder)
        case .gguf(let metadata): metadata.contains("tokenizer.ggml.model")
        }
    }

    /// The tokenizer, whose every token must have a row in the embedding.
    func makeTokenizer(embeddingRows: Int) throws -> Tokenizer {
        guard hasTokenizer else { return Tokenizer(numbersBelow: embeddingRows, configuration: configuration) }
        let tokenizer =
            switch checkpoint.metadata {
            case .huggingFace, .bare: try Tokenizer(folder: folder)
            case .gguf(let metadata):
                try Tokenizer(gguf: GGUFVocabulary(metadata, path: checkpoint.path), source: checkpoint.path)
            }
        guard tokenizer.vocabularySize <= embeddingRows else {
            throw TokenizerError(
                source: checkpoint.path, key: "tokenizer",
                reason: "it has \(tokenizer.vocabularySize) tokens, but the model's embedding has \(embeddingRows) "
                    + "rows; use the tokenizer that the model was trained with")
        }
        return tokenizer
    }

    private var configuration: JSON? {
        if case .huggingFace(let files) = checkpoint.metadata { files.config } else { nil }
    }

    /// The chat template of the files, or `given` in its place; nil if there is neither.
    func makeChatTemplate(_ tokenizer: Tokenizer, given: ChatTemplateSource? = nil) throws -> ChatTemplate? {
        guard let source = try given?.text ?? chatTemplateSource() else { return nil }
        return try makeTemplate(source, name: given?.name, tokenizer)
    }

    /// The template for conversations with tools; nil if the files have none of its own.
    func makeToolTemplate(_ tokenizer: Tokenizer) throws -> ChatTemplate? {
        let source: String? =
            switch checkpoint.metadata {
            case .gguf(let metadata): try metadata.string("tokenizer.chat_template.tool_use")
            case .huggingFace(let files): files.toolTemplate
            case .bare: nil
            }
        return try source.map { try makeTemplate($0, name: nil, tokenizer) }
    }

    private func makeTemplate(
        _ source: String, name: String?, _ tokenizer: Tokenizer
    ) throws -> ChatTemplate {
        func text(_ id: Int32?) -> String? { id.flatMap(tokenizer.piece(of:)) }
        return try ChatTemplate(
            source: source, name: name ?? checkpoint.path,
            beginOfText: text(tokenizer.specialTokens.beginOfText),
            endOfText: text(tokenizer.specialTokens.endOfText))
    }

    func chatTemplateSource() throws -> String? {
        switch checkpoint.metadata {
        case .gguf(let metadata): return try metadata.string("tokenizer.chat_template")
        case .huggingFace(let files): return files.chatTemplate
        case .bare: return nil
        }
    }

    /// The tokens that begin the answer to a source text: the one that stands for its beginning, and the one that is always
    /// said first, if there is one.
    var answerStart: [Int32] {
        guard case .huggingFace(let files) = checkpoint.metadata else { return [0] }
        func token(_ key: String) -> Int32? {
            let value = files.generation?[key]?.intValue ?? files.config[key]?.intValue
            return value.flatMap(Int32.init(exactly:))
        }
        let first = token("decoder_start_token_id") ?? token("bos_token_id") ?? token("pad_token_id") ?? 0
        return [first] + [token("forced_bos_token_id")].compactMap { $0 }
    }

    /// How a translator is told which languages are meant.
    var translationStyle: TranslationStyle {
        var style = TranslationStyle()
        guard case .huggingFace(let files) = checkpoint.metadata else { return style }
        style.asksInWords = ["t5", "mt5", "umt5"].contains(files.config["model_type"]?.stringValue ?? "")
        for (task, settings) in files.config["task_specific_params"]?.objectValue ?? [:] {
            guard task.hasPrefix("translation_"), let prefix = settings["prefix"]?.stringValue else { continue }
            style.prefixes[String(task.dropFirst("translation_".count))] = prefix
        }
        let tokenizer = files.tokenizerConfiguration
        style.putsLanguageLast = tokenizer?["tokenizer_class"]?.stringValue?.hasPrefix("MBartTokenizer") ?? false
        style.source = tokenizer?["source_lang"]?.stringValue
        style.target = tokenizer?["target_lang"]?.stringValue
        return style
    }

    private static func answersSource(_ checkpoint: Checkpoint) -> Bool {
        guard case .huggingFace(let files) = checkpoint.metadata else { return false }
        return files.config["is_encoder_decoder"]?.boolValue ?? false
    }

    /// What generation_config.json recommends, over our own defaults.
    var defaultSampling: SamplingParameters {
        var parameters = SamplingParameters()
        guard case .huggingFace(let files) = checkpoint.metadata, let generation = files.generation else {
            if Self.answersSource(checkpoint) { parameters.temperature = 0 }
            return parameters
        }
        // What no answer may have: tokens of padding, mostly.
        for words in generation["bad_words_ids"]?.arrayValue ?? [] {
            if let ids = words.arrayValue, ids.count == 1, let id = ids[0].intValue.flatMap(Int32.init(exactly:)) {
                parameters.logitBias[id] = -.infinity
            }
        }
        // Translators and summarizers are meant to be exact.
        if Self.answersSource(checkpoint), generation["do_sample"]?.boolValue != true { parameters.temperature = 0 }
        if let value = generation["temperature"]?.doubleValue, value >= 0, !Self.answersSource(checkpoint) {
            parameters.temperature = Float(value)
        }
        // Files that switch sampling off often keep its temperature.
        if generation["do_sample"]?.boolValue == false { parameters.temperature = 0 }
        if let value = generation["top_k"]?.intValue, value >= 0 { parameters.topK = value }
        if let value = generation["top_p"]?.doubleValue, value > 0, value <= 1 { parameters.topP = Float(value) }
        if let value = generation["repetition_penalty"]?.doubleValue, value > 0 {
            parameters.repetitionPenalty = Float(value)
        }
        return parameters
    }
}

extension GGUFVocabulary {
    init(_ metadata: GGUFMetadata, path: String) throws {
        func key(_ name: String) -> String { "tokenizer.ggml.\(name)" }
        func table(_ name: String) throws -> StringTable? {
            var table = StringTable()
            let count = try metadata.withStringBytes(key(name)) { _, bytes in table.append(bytes) }
            return count == nil ? nil : table
        }
        func id(_ name: String) throws -> Int32? { try metadata.int(key(name)).flatMap(Int32.init(exactly:)) }
        guard let model = try metadata.string(key("model")), let tokens = try table("tokens") else {
            throw TokenizerError(
                source: path, key: key("model"),
                reason: "the file brings no tokenizer; use one that was converted with it")
        }
        self.init(model: model, pre: try metadata.string(key("pre")), tokens: tokens)
        scores = try metadata.floats(key("scores")) ?? []
        types = try metadata.ints(key("token_type"))?.map { Int32(truncatingIfNeeded: $0) } ?? []
        merges = try table("merges") ?? StringTable()
        beginOfText = try id("bos_token_id")
        endOfText = try id("eos_token_id")
        endOfTurn = try id("eot_token_id")
        endOfMessage = try id("eom_token_id")
        unknown = try id("unknown_token_id")
        separator = try id("seperator_token_id") ?? id("separator_token_id")
        padding = try id("padding_token_id")
        mask = try id("mask_token_id")
        addBeginOfText = try metadata.bool(key("add_bos_token"))
        addEndOfText = try metadata.bool(key("add_eos_token"))
        addSpacePrefix = try metadata.bool(key("add_space_prefix"))
        removeExtraWhitespaces = try metadata.bool(key("remove_extra_whitespaces"))
        precompiledCharacterMap = try metadata.ints(key("precompiled_charsmap"))?.map { UInt8(truncatingIfNeeded: $0) }
    }
}
