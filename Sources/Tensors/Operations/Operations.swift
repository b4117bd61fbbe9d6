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
    /// The memory of one sequence: keys and values of all layers.
    associatedtype Cache
    /// Cosines and sines for the positions of a batch.
    associatedtype Rotation

    /// Prepares a weight matrix; the source's bytes are not needed afterwards.
    func makeMatrix(_ source: MatrixSource, bias: [Float]?) -> Matrix

    /// Makes room in `cache` for `positions` positions.
    func reserve(_ cache: Cache, positions: Int)

    /// The rows of `table` for the tokens, times `scale`; every token is below the number of rows.
    func embed(_ tokens: [Int32], _ table: MatrixSource, scale: Float) -> Activations

    /// Each row divided by its root mean square, times `weight`.
    func rmsNormalize(_ input: Activations, weight: [Float], epsilon: Float) -> Activations

    /// The products of the same input with several matrices.
    func project(_ input: Activations, _ matrices: [Matrix]) -> [Activations]

    /// Adds `other` to `target` in place.
    func add(_ other: Activations, to target: inout Activations)

    /// silu(gate) x up.
    func siluMultiply(_ gate: Activations, _ up: Activations) -> Activations

    /// The rotation of each position by the inverse frequencies, `[tokens, pairs]`.
    func makeRotation(positions: [Int], inverseFrequencies: [Float], scale: Float) -> Rotation

    /// Rotates the first channels of each head in place.
    func rotate(_ input: inout Activations, headSize: Int, by rotation: Rotation, layout: RotaryLayout)

    /// Stores the keys and values and attends to all that each query may see.
    func attend(
        _ queries: Activations, keys: Activations, values: Activations, attention: AttentionShape, layer: Int,
        spans: [BatchSpan<Cache>]
    ) -> Activations

    /// The rows at the given indices.
    func select(_ input: Activations, rows: [Int]) -> Activations

    /// The values, row after row.
    func read(_ input: Activations) -> [Float]

    /// Runs `body`; activations made in it are gone afterwards.
    func scope(_ body: () -> Void)
}

extension Operations {
    /// The product of the input with one matrix.
    public func project(_ input: Activations, _ matrix: Matrix) -> Activations { project(input, [matrix])[0] }
}

/// Which channels of a head form a pair that is rotated together.
public enum RotaryLayout: Sendable, Hashable {
    /// Channels i and i + half: Hugging Face's files, GPT-NeoX.
    case halves
    /// Channels 2i and 2i + 1: GPT-J, and GGUF files of the Llama line.
    case adjacent
}

/// The shape of an attention layer.
public struct AttentionShape: Sendable, Hashable {
    /// Query heads.
    public var heads: Int
    /// Key and value heads; divides `heads`.
    public var keyValueHeads: Int
    /// Channels of a head.
    public var headSize: Int
    /// Factor of the scores.
    public var scale: Float
    /// How many positions a token sees, itself included; nil for all.
    public var window: Int?
    /// Scores become cap * tanh(score / cap); nil for none.
    public var softCap: Float?

    /// Makes a shape; the default scale is 1 / sqrt(headSize).
    public init(
        heads: Int, keyValueHeads: Int, headSize: Int, scale: Float? = nil, window: Int? = nil, softCap: Float? = nil
    ) {
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.headSize = headSize
        self.scale = scale ?? 1 / Float(headSize).squareRoot()
        self.window = window
        self.softCap = softCap
    }
}

/// Consecutive rows of a batch that continue one sequence.
public struct BatchSpan<Cache> {
    /// The rows within the batch.
    public var rows: Range<Int>
    /// The position of the first row.
    public var firstPosition: Int
    /// The sequence's memory.
    public var cache: Cache

    /// Makes a span.
    public init(rows: Range<Int>, firstPosition: Int, cache: Cache) {
        self.rows = rows
        self.firstPosition = firstPosition
        self.cache = cache
    }
}
