import Architectures
public import ArgumentParser
import Essentials
import Inference
import ModelStore
public import Tensors

extension CacheType: ExpressibleByArgument {}

/// How a model is run.
struct ModelOptions: ParsableArguments {
    @OptionGroup var threadOptions: ThreadOptions
    @Option(name: .shortAndLong, help: "Tokens of context; otherwise what the model was trained for.")
    var context: Int?
    @Option(
        help: ArgumentHelp(
            "Stretch rotary positions for longer texts.",
            discussion: """
                linear:FACTOR, ntk:FACTOR, dynamic-linear, dynamic:FACTOR, yarn:factor=4,original=4096, llama3:..., \
                longrope:..., selfextend:group=4,window=1024, lm-infinite:start=4,window=2048, or what rope_scaling is in a \
                config.json
                """, valueName: "kind"))
    var ropeScaling: String?
    @Option(
        help: ArgumentHelp(
            "What keys and values of read tokens are kept as: \(CacheType.allCases.map(\.rawValue).joined(separator: ", ")).",
            discussion: "Otherwise f16, and f32 for models with f32 weights.", valueName: "type"))
    var cacheType: CacheType?
    @Option(
        help: ArgumentHelp(
            "Memory for keys and values of all texts, what is kept of earlier ones included, such as 800M or 6G.",
            discussion: "Otherwise half of what is free when the model is loaded.", valueName: "size"))
    var cacheMemory: MemorySize?
    @Option(help: ArgumentHelp("A folder with a LoRA adapter in PEFT's format to apply.", valueName: "folder"))
    var adapter: String?
    @Option(
        help: ArgumentHelp(
            "A chat template in place of the model's own.",
            discussion: "A file in the language of Jinja, the template itself, or chatml.", valueName: "file"))
    var chatTemplate: String?
    @Flag(
        help: ArgumentHelp(
            "Give a text the same tokens whatever else is computed with it.",
            discussion:
                "Long prompts are read a little slower; 16-bit weights become bf16 where the processor multiplies it."))
    var deterministic = false
    @OptionGroup var packedCache: PackedCacheOptions

    /// Threads to compute with; nil for one per core.
    var threads: Int? { threadOptions.threads }

    func validate() throws {
        if let ropeScaling {
            do { _ = try RotaryOverride(ropeScaling) } catch { throw ValidationError("--rope-scaling: \(error)") }
        }
        if let context, context < 1 { throw ValidationError("--context wants a number from 1, not \(context)") }
    }

    /// An option that was given and does not concern encoders.
    var onlyOfLanguageModels: String? {
        [
            ("--context", context != nil), ("--rope-scaling", ropeScaling != nil), ("--cache-type", cacheType != nil),
            ("--cache-memory", cacheMemory != nil),
            ("--adapter", adapter != nil), ("--chat-template", chatTemplate != nil), ("--deterministic", deterministic),
        ].first(where: \.1)?.0
    }

    /// How the model is loaded.
    func loading() throws -> LanguageModel.LoadingOptions {
        var loading = LanguageModel.LoadingOptions()
        loading.threads = threads
        loading.rope = try ropeScaling.map { try RotaryOverride($0) }
        loading.adapter = adapter
        loading.cacheType = cacheType
        loading.chatTemplate = try chatTemplate.map(Self.template)
        loading.isDeterministic = deterministic
        loading.tuningFile = LocalStore(environment: ProcessInfo.processInfo.environment).tuningFile
        return loading
    }

    /// The template that `--chat-template` names.
    private static func template(_ given: String) throws -> ChatTemplateSource {
        if given.contains("{{") || given.contains("{%") {
            return ChatTemplateSource(name: "--chat-template", text: given)
        }
        if let data = FileManager.default.contents(atPath: given) {
            guard let text = String(validating: data, as: UTF8.self) else {
                throw CommandError("--chat-template: \(given) is not UTF-8 text")
            }
            return ChatTemplateSource(name: given, text: text)
        }
        guard given == "chatml" else {
            throw CommandError("--chat-template: \(given) cannot be read; name a file, or say chatml")
        }
        return .chatML
    }

    /// The path of a model by name; without one, of `smollm2` or the store's only model.
    static func path(of model: String?) throws -> String {
        let store = LocalStore(environment: ProcessInfo.processInfo.environment)
        if let model { return try store.resolve(model) }
        let names = try store.models().models.map(\.name.text)
        if names.contains("smollm2") { return try store.resolve("smollm2") }
        if names.count == 1 { return try store.resolve(names[0]) }
        throw names.isEmpty ? store.unknown("smollm2") : .ambiguous(source: "the store", choices: names)
    }
}
