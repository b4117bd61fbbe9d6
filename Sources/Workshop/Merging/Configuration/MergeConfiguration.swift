package import Tensors

/// What to merge and how: mergekit's YAML.
package struct MergeConfiguration: Sendable {
    /// A model that takes part with all its layers.
    struct InputModel: Sendable {
        var model: ModelReference
        var parameters: ParameterSettings = [:]
    }

    /// Some layers of a model.
    struct InputSlice: Sendable {
        var model: ModelReference
        /// From the first layer to the one after the last.
        var layers: Range<Int>
        var parameters: ParameterSettings = [:]
    }

    /// Some layers of the result: the same number of layers of each of the sources.
    struct OutputSlice: Sendable {
        var sources: [InputSlice]
        var base: ModelReference?
        var parameters: ParameterSettings = [:]
    }

    /// What a stack of layers, or the whole model, is made of.
    enum Source: Sendable {
        case models([InputModel])
        case slices([OutputSlice])
    }

    /// One stack of layers, with the tensors around it.
    struct Module: Sendable {
        var source: Source
        var parameters: ParameterSettings = [:]
    }

    /// The whole model, or modules by name.
    enum Target: Sendable {
        case whole(Source)
        case modules([(name: String, module: Module)])
    }

    /// Where tokens of the result come from.
    enum TokenizerSource: Sendable, Hashable {
        case base, union
        case model(ModelReference)
    }

    /// Where the embedding of a token comes from.
    enum TokenEmbedding: Sendable, Hashable {
        case zero
        /// The same token of a model.
        case model(ModelReference)
        case token(ModelReference, String)
        case tokenID(ModelReference, Int)
    }

    /// What becomes of one token.
    struct Token: Sendable {
        var embedding: TokenEmbedding?
        /// Whether also models that have the token get that embedding.
        var isForced = false
    }

    /// The tokenizer of the result.
    struct Tokenizer: Sendable {
        var source: TokenizerSource
        var tokens: [(text: String, token: Token)] = []
        /// What the number of rows is a multiple of.
        var multiple: Int?
    }

    /// Where it was read from.
    package var path: String
    /// The YAML itself.
    package var text: String
    /// How tensors are merged.
    package var method: MergeMethod
    var target: Target
    /// The model that the others are seen as changes of.
    package var base: ModelReference?
    var parameters: ParameterSettings = [:]
    /// What tensors are rounded to before they are merged.
    package var dataType: DataType?
    /// How the result is stored.
    package var outputType: DataType?
    var tokenizer: Tokenizer?
    /// A template, the name of one, or `auto`.
    package var chatTemplate: String?

    /// All models, in the order in which they first appear, the base first.
    package var models: [ModelReference] {
        var models = base.map { [$0] } ?? []
        func add(_ source: Source) {
            switch source {
            case .models(let inputs): models += inputs.map(\.model)
            case .slices(let slices):
                for slice in slices { models += (slice.base.map { [$0] } ?? []) + slice.sources.map(\.model) }
            }
        }
        switch target {
        case .whole(let source): add(source)
        case .modules(let modules): for (_, module) in modules { add(module.source) }
        }
        var seen: Set<ModelReference> = []
        return models.filter { seen.insert($0).inserted }
    }
}
