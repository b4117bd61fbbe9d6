public import Architectures
package import Checkpoints
public import Constraints
public import Decoding
public import JSONValues
public import OrderedCollections
import Synchronization
public import Templating
public import Tensors
public import Tokenization

/// A model ready to run: weights, tokenizer and chat template.
///
/// ```swift
/// let model = try LanguageModel.load("smollm2.gguf")
/// let engine = Engine(model: model)
/// let prompt = try model.prompt(for: [["role": "user", "content": "Hello!"]])
/// let stream = engine.generate(GenerationRequest(prompt: prompt))
/// ```
///
/// Invariant of the unchecked conformance: the network is used by one engine's thread alone; all else is immutable.
public final class LanguageModel: @unchecked Sendable {
    /// How a model is loaded.
    public struct LoadingOptions: Sendable, Hashable {
        /// Threads that compute; nil for as many as the machine runs at once.
        public var threads: Int?
        /// What keys and values are kept as; nil for f16, or f32 for models with f32 weights only.
        public var cacheType: CacheType?
        /// How rotary positions are stretched, in place of what the model's configuration says.
        public var rope: RotaryOverride?
        /// A folder with a low-rank adapter in PEFT's format, which is applied to the weights.
        public var adapter: String?
        /// Whether a text gets the same tokens whatever else is in its batch, which costs a little speed in reading
        /// long prompts. Weights of 16 bits are multiplied in bf16 then where the processor can, for every number of tokens.
        public var isDeterministic = false
        /// A chat template in place of the one that the model brings.
        public var chatTemplate: ChatTemplateSource?
        /// A file for what is measured once on this machine to choose among kernels; nil to choose what is usual.
        public var tuningFile: String?

        public init() {}
    }

    /// The name in the model's metadata, or else its file's or folder's.
    public let name: String
    /// The files.
    package let checkpoint: Checkpoint
    package let family: Family
    /// What the model consists of.
    package let spec: NetworkSpec
    /// From text to tokens and back.
    public let tokenizer: Tokenizer
    /// Whether the model brought its tokenizer; otherwise texts are token ids, written as numbers.
    public let hasTokenizer: Bool
    /// How a conversation becomes a prompt; nil if the model has no template, or one that does not parse.
    public var chatTemplate: ChatTemplate? { (try? templates.get()) ?? nil }
    /// The template for conversations with tools; nil if it is the same.
    public var toolTemplate: ChatTemplate? { (try? toolTemplates.get()) ?? nil }
    /// The template, or why it cannot be used: the model can still continue plain text.
    private let templates: Result<ChatTemplate?, any Error>
    private let toolTemplates: Result<ChatTemplate?, any Error>
    /// How tokens are chosen where a request says nothing.
    public let defaultSampling: SamplingParameters
    /// What is odd about the files without being in the way, in sentences for people.
    public let notes: [String]
    /// What the answer to a source text begins with, where the model has an encoder that reads it: prompts are source texts
    /// then. Nil for models that continue their prompt.
    public let answerStart: [Int32]?
    /// How it is told which languages are meant, where it answers source texts.
    let translationStyle: TranslationStyle?
    let network: Network<FastOperations>
    /// The adapter that is in the weights.
    let adapter: LowRankAdapter?
    let identityOnce = Mutex<UInt64?>(nil)
    private let constraints = ConstraintCache()
    /// What keys and values are kept as.
    public let cacheType: CacheType
    private let isClaimed = Atomic<Bool>(false)

    /// Whether the caller is the first engine to ask for this model.
    func claim() -> Bool { !isClaimed.exchange(true, ordering: .acquiringAndReleasing) }

    /// What the weights are: the files' format, the family, all parameters and bytes, the type that takes most of them, the
    /// width of the residual stream and the number of blocks.
    package var weightSummary:
        (format: String, family: String, parameters: Int, bytes: Int, mainType: String, hiddenSize: Int, layers: Int)
    {
        let main = checkpoint.byteCountByDataType.max { $0.value < $1.value }?.key
        let format =
            switch checkpoint.format {
            case .gguf: "gguf"
            case .huggingFace: "safetensors"
            case .pyTorch: "pytorch"
            case .llama2c: "llama2c"
            }
        return (
            format, family.name, checkpoint.parameterCount, checkpoint.byteCount, main?.name ?? "", spec.hiddenSize,
            spec.layers.count
        )
    }

    /// The positions that the model was trained for.
    public var contextLength: Int { spec.contextLength }
    /// The number of tokens that the model knows.
    public var vocabularySize: Int { spec.vocabularySize }
    /// The file or folder.
    public var path: String { checkpoint.path }

    /// Loads a model from a GGUF file or a Hugging Face folder.
    ///
    /// - Throws: `CheckpointError`, `ArchitectureError`, `TokenizerError` or `TemplateError`, naming file and key.
    public static func load(_ path: String, options: LoadingOptions = LoadingOptions()) throws -> LanguageModel {
        try load(path, options: options, weights: nil)
    }

    /// Loads a model as the other one does.
    ///
    /// - Parameters:
    ///   - weights: where packed weights are kept from one start to the next.
    ///   - onTokenizer: called on some thread when the tokenizer is ready, which is made while weights are read.
    package static func load(
        _ path: String, options: LoadingOptions = LoadingOptions(), weights: PackedWeights?,
        onTokenizer: @escaping @Sendable () -> Void = {}
    ) throws -> LanguageModel {
        try LanguageModel(Checkpoint.open(path), options: options, weights: weights, onTokenizer: onTokenizer)
    }

    private init(
        _ checkpoint: Checkpoint, options: LoadingOptions, weights: PackedWeights?,
        onTokenizer: @escaping @Sendable () -> Void
    ) throws {
        adapter = try options.adapter.map { try LowRankAdapter(path: $0) }
        let loader = try NetworkLoader(checkpoint, adapter: adapter, rope: options.rope)
        let files = ModelFiles(checkpoint)
        guard loader.spec.output != nil else {
            throw InferenceError.notALanguageModel(model: files.name, family: loader.family.name)
        }
        let rows = loader.spec.vocabularySize
        let texts = BackgroundWork {
            let tokenizer = try files.makeTokenizer(embeddingRows: rows)
            let template = Result { try files.makeChatTemplate(tokenizer, given: options.chatTemplate) }
            // The model's own can wait until it is asked for.
            if options.chatTemplate != nil { _ = try template.get() }
            let toolTemplate = Result { options.chatTemplate == nil ? try files.makeToolTemplate(tokenizer) : nil }
            // The vocabulary's pages: those of the weights go one by one.
            checkpoint.releasePages()
            onTokenizer()
            return (tokenizer, template, toolTemplate)
        }
        let pool = ThreadPool(threads: options.threads ?? ThreadPool.machineThreads)
        self.checkpoint = checkpoint
        family = loader.family
        spec = loader.spec
        notes = loader.notes
        hasTokenizer = files.hasTokenizer
        defaultSampling = files.defaultSampling
        answerStart = loader.spec.source == nil ? nil : files.answerStart
        translationStyle = loader.spec.source == nil ? nil : files.translationStyle
        name = files.name
        let operations = FastOperations(
            pool: pool, weights: weights, isDeterministic: options.isDeterministic,
            tuningFile: options.tuningFile)
        network = try loader.load(operations, pool: pool)
        operations.move(to: .shared(threads: pool.threads))
        (tokenizer, templates, toolTemplates) = try texts.value()
        checkpoint.releasePages()
        // An adapter may have replaced matrices: what is kept is the model's own.
        if options.adapter == nil { weights?.keep() }
        let isFullPrecision = checkpoint.tensors.values.allSatisfy { $0.dataType == .f32 || !$0.dataType.isWeightType }
        cacheType = options.cacheType ?? (isFullPrecision ? .f32 : .f16)
    }

    /// The prompt text of a conversation, as the model's template writes it.
    ///
    /// - Parameters:
    ///   - messages: objects with `role`, `content` and what else the template reads.
    ///   - extra: more variables for the template.
    /// - Throws: `InferenceError` if there is no template that parses, `TemplateError` if it refuses the conversation.
    public func render(
        messages: [JSON], tools: [JSON]? = nil, addGenerationPrompt: Bool = true, extra: JSON.Object? = nil
    ) throws -> String {
        try template(for: tools).render(
            messages: messages, tools: tools, addGenerationPrompt: addGenerationPrompt, extra: extra ?? [:])
    }

    /// The tokens of a conversation's prompt. Special tokens are those that the template writes: in what the messages say
    /// they are text, however they are spelled.
    ///
    /// The parameters and errors are those of ``render(messages:tools:addGenerationPrompt:extra:)``.
    public func prompt(
        for messages: [JSON], tools: [JSON]? = nil, addGenerationPrompt: Bool = true, extra: JSON.Object? = nil
    ) throws -> [Int32] {
        if answerStart != nil, chatTemplate == nil, let text = messages.last?["content"]?.stringValue {
            // Models that answer a source text know no conversations: what was said last is the source.
            return tokenizer.encode(text, addSpecialTokens: true)
        }
        let rendered = try template(for: tools).renderMarked(
            messages: messages, tools: tools, addGenerationPrompt: addGenerationPrompt, extra: extra ?? [:])
        return tokenizer.encode(rendered.text, plainRanges: rendered.inputs, addSpecialTokens: false)
    }

    /// The constraint of a grammar for this model's tokens, made now or earlier.
    ///
    /// - Throws: `ConstraintError` if it is malformed, too complex, or demands what cannot be guaranteed.
    public func constraint(for grammar: Grammar) throws(ConstraintError) -> Constraint {
        try constraints.constraint(for: grammar, tokenizer)
    }

    /// The tokens as a tree, made when it is first asked for.
    var trie: TokenTrie { constraints.trie(tokenizer) }

    private func template(for tools: [JSON]?) throws -> ChatTemplate {
        do {
            if tools != nil, let template = try toolTemplates.get() { return template }
            guard let template = try templates.get() else { throw InferenceError.noChatTemplate(model: name) }
            return template
        } catch let error as InferenceError {
            throw error
        } catch {
            throw InferenceError.brokenChatTemplate(model: name, reason: "\(error)")
        }
    }
}
