/// The coarse steps of which every forward pass consists.
///
/// The pass is written once and is generic over this protocol: `FastOperations` runs kernels on packed weights,
/// `ReferenceOperations` is the plain f32 arithmetic that tests hold it against. Activations are rows of f32,
/// `[tokens, width]`.
public protocol Operations: AnyObject {
    /// Rows of activations, `[tokens, width]`.
    associatedtype Activations
    /// A weight matrix `[outputs, inputs]` with an optional bias, ready for use.
    associatedtype Matrix
    /// The memory of one sequence: keys and values, and the states of recurrent layers.
    associatedtype Cache
    /// Cosines and sines for the positions of a batch.
    associatedtype Rotation

    // MARK: Weights and rows

    /// Prepares a weight matrix; the source's bytes are not needed afterwards.
    func makeMatrix(_ source: MatrixSource, bias: [Float]?, adapter: LowRankUpdate?) -> Matrix

    /// The rows of `table` for the tokens; every token is below the number of rows.
    func embed(_ tokens: [Int32], _ table: MatrixSource) -> Activations

    /// Rows with the given values.
    func constant(_ values: [Float], width: Int) -> Activations

    /// The products of the same input with several matrices.
    func project(_ input: Activations, _ matrices: [Matrix]) -> [Activations]

    /// Each row, in `groups` parts of equal width, brought to a root mean square or a deviation of 1. `weight` and `bias`
    /// are as long as a row or a part, or empty.
    func normalize(
        _ input: Activations, _ normalization: Normalization, weight: [Float], bias: [Float], epsilon: Float,
        groups: Int
    ) -> Activations

    /// The products of normalized rows with several matrices: `project` of `normalize`, in one go where that is faster.
    func project(
        normalizing input: Activations, _ normalization: Normalization, weight: [Float], bias: [Float], epsilon: Float,
        _ matrices: [Matrix]
    ) -> [Activations]

    /// The product of activation(gate) x up with a matrix: `project` of `gate`, in one go where that is faster.
    func project(
        gating gate: Activations, _ up: Activations?, _ activation: Activation, _ matrix: Matrix
    ) -> Activations

    /// Adds `scale` times `other` to `target` in place.
    func add(_ other: Activations, scale: Float, to target: inout Activations)

    /// activation(gate) x up; without `up` the activation alone.
    func gate(_ gate: Activations, _ up: Activations?, _ activation: Activation) -> Activations

    /// Changes every value in place.
    func transform(_ input: inout Activations, _ function: ValueFunction)

    /// Multiplies each row of `input` by the one value in the same row of `factors`, `[tokens, 1]`.
    func multiplyRows(_ input: inout Activations, by factors: Activations)

    /// input x weight + other x (1 - weight), channel by channel.
    func interpolate(_ input: Activations, _ other: Activations, weight: [Float]) -> Activations

    /// The rows at the given indices.
    func select(_ input: Activations, rows: [Int]) -> Activations

    /// Adds each row of `other`, times its factor, to a row of `target`; no row of `target` is named twice.
    func addRows(_ other: Activations, factors: [Float], to rows: [Int], of target: inout Activations)

    /// For each of `heads` heads the channels of `shared`, which all heads have in common, then the head's own of `each`.
    func joinHeads(shared: Activations, each: Activations, heads: Int) -> Activations

    /// The values, row after row.
    func read(_ input: Activations) -> [Float]

    /// Runs `body`; activations made in it are gone afterwards.
    func scope(_ body: () -> Void)

    // MARK: Attention

    /// Makes room in `cache` for the positions; what lies too far before them to be seen again is let go.
    func reserve(_ cache: Cache, positions: Range<Int>)

    /// The rotation of each row: its position times its own inverse frequencies `[pairs]`, times `scale`.
    func makeRotation(positions: [Int], inverseFrequencies: [[Float]], scale: Float) -> Rotation

    /// Rotates the first channels of each head.
    func rotate(_ input: Activations, headSize: Int, by rotation: Rotation, layout: RotaryLayout) -> Activations

    /// Stores the keys and values of the rows.
    func store(keys: Activations, values: Activations, layer: Int, spans: [BatchSpan<Cache>])

    /// Attends to the stored keys that each query may see: those that `attention` says, and with `far` more distant ones.
    func attend(
        _ queries: Activations, far: FarQueries<Activations>?, attention: AttentionShape, layer: Int,
        spans: [BatchSpan<Cache>]
    ) -> Activations

    // MARK: Recurrence

    /// The row before each row in its sequence, zero at the beginning.
    func shift(_ input: Activations, state: StateReference, spans: [BatchSpan<Cache>]) -> Activations

    /// A causal convolution of each channel over the last rows: `weight` is `[width, channels]`, the last row's factor
    /// last, `bias` `[channels]` or empty. Its state holds the last `width - 1` rows.
    func convolve(
        _ input: Activations, weight: [Float], bias: [Float], state: StateReference, spans: [BatchSpan<Cache>]
    ) -> Activations

    /// The selective scan (Gu & Dao 2023).
    func scan(_ inputs: ScanInputs<Activations>, state: StateReference, spans: [BatchSpan<Cache>]) -> Activations

    /// The weighted average of all values so far, by channel (Peng et al. 2023): weights e^key, which fade by
    /// e^-e^`fading` a step; the current one counts e^(`bonus` + key). The state is `[3, channels]`.
    func averageFading(
        keys: Activations, values: Activations, fading: [Float], bonus: [Float], state: StateReference,
        spans: [BatchSpan<Cache>]
    ) -> Activations

    /// A matrix-valued recurrence (Peng et al. 2024): each head's state `[headSize, headSize]` fades by
    /// `decay` and takes up key times value; `bonus` is the current product's factor. Both are `[heads * headSize]`.
    func recur(
        receptance: Activations, keys: Activations, values: Activations, decay: [Float], bonus: [Float], heads: Int,
        state: StateReference, spans: [BatchSpan<Cache>]
    ) -> Activations
}

extension Operations {
    /// The product of the input with one matrix.
    public func project(_ input: Activations, _ matrix: Matrix) -> Activations { project(input, [matrix])[0] }

    /// The products of normalized rows, one step after the other.
    public func project(
        normalizing input: Activations, _ normalization: Normalization, weight: [Float], bias: [Float], epsilon: Float,
        _ matrices: [Matrix]
    ) -> [Activations] {
        project(normalize(input, normalization, weight: weight, bias: bias, epsilon: epsilon, groups: 1), matrices)
    }

    /// The product of gated rows, one step after the other.
    public func project(
        gating gate: Activations, _ up: Activations?, _ activation: Activation, _ matrix: Matrix
    ) -> Activations {
        project(self.gate(gate, up, activation), matrix)
    }

    /// Prepares a weight matrix as it is.
    public func makeMatrix(_ source: MatrixSource, bias: [Float]?) -> Matrix {
        makeMatrix(source, bias: bias, adapter: nil)
    }
}
