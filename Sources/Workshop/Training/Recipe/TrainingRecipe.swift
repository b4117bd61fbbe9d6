/// What is to be trained on what, and how: a YAML file with the key names of axolotl.
///
/// Keys and their defaults are in docs/training.md.
package struct TrainingRecipe: Sendable, Hashable {
    package enum Optimizer: String, Sendable, Hashable, CaseIterable {
        case adamW = "adamw"
        case adamW8Bit = "adamw_8bit"
        case adafactor, lion, muon, sgd
    }

    package enum Schedule: String, Sendable, Hashable, CaseIterable {
        case cosine, linear, constant
        case restarts = "cosine_with_restarts"
        case warmupStableDecay = "warmup_stable_decay"
    }

    package enum Precision: String, Sendable, Hashable, CaseIterable {
        case float32, bfloat16
    }

    /// How often something happens.
    package enum Interval: Sendable, Hashable {
        case never
        case steps(Int)
        case perEpoch(Int)
    }

    package enum Warmup: Sendable, Hashable {
        case steps(Int)
        /// A share of all steps, rounded up.
        case ratio(Double)
    }

    /// What becomes of a text that is longer than the sequence length.
    package enum Excess: String, Sendable, Hashable, CaseIterable {
        case drop, truncate
        case fail = "raise"
    }

    package enum Resumption: Sendable, Hashable {
        case never
        /// From the newest whole checkpoint in the output folder, if there is one.
        case newest
        case from(String)
    }

    /// Low-rank adapters in place of all weights.
    package struct Adapter: Sendable, Hashable {
        package var rank = 8
        package var alpha = 16.0
        package var dropout = 0.0
        /// Names of matrices such as `q_proj`, or one regular expression; empty for all linear ones.
        package var targets: [String] = []
        package var isRankStabilized = false
        package var isWeightDecomposed = false
        /// Whether the model's weights stay as its file holds them, and are decoded where they are needed.
        package var keepsStored = false
        /// The adapter to go on from.
        package var start: String?
    }

    /// The recipe's file.
    package var path = ""
    package var baseModel = ""
    /// Whether the model begins with random weights.
    package var isFromScratch = false
    package var chatTemplate: String?
    package var beginOfText: String?
    package var endOfText: String?
    package var datasets: [DatasetRecipe] = []
    package var validationDatasets: [DatasetRecipe] = []
    /// Below 1 a share of the records, from 1 on their number.
    package var validationSize = 0.0
    package var sequenceLength = 512
    package var isPacked = false
    package var excess = Excess.drop
    package var minimumLength = 2
    /// Whether records that are not as they should be are left out and counted, not an error.
    package var dropsFaultyRecords = false
    package var trainsOnInputs = false
    package var isShuffled = true
    package var microBatchSize = 1
    package var accumulationSteps = 1
    package var maximumSteps: Int?
    package var epochs = 1.0
    package var optimizer = Optimizer.adamW
    package var learningRate = 0.0
    package var weightDecay = 0.0
    package var maximumGradientNorm = 1.0
    package var beta1 = 0.9
    package var beta2 = 0.999
    package var epsilon = 1e-8
    package var schedule = Schedule.cosine
    package var warmup = Warmup.ratio(0.03)
    /// The least learning rate, as a share of the largest.
    package var minimumRateRatio = 0.0
    /// Full cycles of a schedule with restarts.
    package var cycles = 1
    /// The share of the steps in which warmup-stable-decay decays.
    package var decayShare = 0.2
    package var noiseAlpha = 0.0
    /// What encoders are trained by on pairs of texts.
    var sentenceLoss = SentenceLoss.multipleNegatives(scale: 20)
    package var adapter: Adapter?
    /// Patterns of the names of weights that are trained; empty for all.
    package var unfrozen: [String] = []
    package var precision = Precision.float32
    package var recomputesActivations = false
    package var seed = 42
    package var outputFolder = "./model-out"
    package var evaluation = Interval.never
    package var saving = Interval.perEpoch(1)
    package var saveLimit: Int?
    package var loggingSteps = 1
    /// Evaluations without improvement after which training stops.
    package var patience: Int?
    package var keepsBest = false
    package var resumption = Resumption.never
    /// A loss from which on training counts as failed, after how many steps in a row.
    package var lossLimit: Double?
    package var lossPatience = 3
    package var writesTensorBoard = true
    /// What the recipe asks for that has no meaning here, or another one.
    package var notes: [String] = []

    /// Whether an encoder is trained, on texts that are alike.
    package var trainsOnPairs: Bool { datasets.contains { $0.form == .pairs } }

    /// Sequences of the forward pass that make one step of the optimizer, unpacked.
    package var rowsPerStep: Int { microBatchSize * accumulationSteps }

    /// Reads the recipe at `path`.
    ///
    /// - Throws: `TrainingError` naming file, line and key: for what is unknown, contradictory or out of range.
    package init(path: String) throws(TrainingError) { try self.init(RecipeSection.read(path)) }

    /// Reads a recipe's text, which errors call `path`.
    package init(text: String, path: String) throws(TrainingError) {
        try self.init(RecipeSection.parse(text, path: path))
    }
}
