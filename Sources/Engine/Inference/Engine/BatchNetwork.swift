import Architectures
import Tensors
import Tokenization

/// What the scheduler runs texts on: a model's network, or a script in tests.
protocol BatchNetwork {
    /// What a text keeps in memory.
    var layout: CacheLayout { get }

    /// Runs the rows of a step, and then `body` for each of its parts, several at a time, with the logits of the rows that
    /// the part asked for; they are valid during the call.
    func run(_ plan: StepPlan, _ body: @Sendable (StepPlan.Part, [UnsafeMutableBufferPointer<Float>]) -> Void)
}

/// A model's network, used by the engine's thread alone.
struct ModelNetwork: BatchNetwork {
    private let network: Network<FastOperations>
    let layout: CacheLayout

    init(_ model: LanguageModel) {
        network = model.network
        layout = CacheLayout(layers: network.spec.cacheLayers, type: model.cacheType)
    }

    func run(_ plan: StepPlan, _ body: @Sendable (StepPlan.Part, [UnsafeMutableBufferPointer<Float>]) -> Void) {
        network.operations.reset {
            network.operations.adapterRows = plan.adapterRows
            let logits = network.forward(tokens: plan.tokens, spans: plan.spans, outputRows: plan.outputRows)
            // Texts know nothing of each other: their next tokens are chosen side by side.
            let items = plan.parts.map { ($0, $0.outputs.map { logits.buffer(ofRow: $0) }) }
            network.operations.forEach(items) { part, logits in body(part, logits) }
        }
    }
}

/// What the scheduler needs to know of a model beside its network.
struct TextTraits: Sendable {
    let name: String
    let tokenizer: Tokenizer
    /// The number of logits.
    let vocabularySize: Int
    let rotaryLengths: RotaryLengths
    /// What answers begin with where the prompt is a source text; nil where it is the beginning of the text.
    var answerStart: [Int32]?
    /// The most tokens of such an answer, its beginning included; nil for no limit of its own.
    var answerLength: Int?
}

extension TextTraits {
    init(_ model: LanguageModel) {
        let spec = model.spec
        self.init(
            name: model.name, tokenizer: model.tokenizer, vocabularySize: model.vocabularySize,
            rotaryLengths: RotaryLengths(
                canonical: { spec.canonicalLength($0) }, reserved: { spec.reservedLength($0) }),
            answerStart: model.answerStart, answerLength: spec.source?.answerLength)
    }
}
