/// In which forms a network's parameters are kept, and how they are made of what a file holds.
package protocol ParameterMaker {
    /// A weight matrix `[outputs, inputs]` with an optional bias, ready for use.
    associatedtype Matrix
    /// Values that are multiplied or added channel by channel: weights of norms, rates, mixing factors.
    associatedtype Vector
    /// Rows that are looked up: embeddings, learned positions, token types.
    associatedtype Table

    /// Prepares a weight matrix; the source's bytes are not needed afterwards.
    func makeMatrix(_ source: MatrixSource, bias: [Float]?, adapter: LowRankUpdate?) -> Matrix

    /// Prepares values that are no matrix; matrices of them are row after row.
    func makeVector(_ values: [Float]) -> Vector

    /// Prepares a table; the source is read again for each row that is looked up.
    func makeTable(_ source: MatrixSource) -> Table

    /// The same for parameters of a checkpoint: for whoever changes them and not only computes with them.
    func makeMatrix(
        _ source: MatrixSource, bias: [Float]?, adapter: LowRankUpdate?, from origin: MatrixOrigin
    ) -> Matrix
    func makeVector(_ values: [Float], from origin: ParameterOrigin?) -> Vector
    func makeTable(_ source: MatrixSource, from origin: ParameterOrigin?) -> Table
}

/// What all operations work with.
package protocol OperationTypes: AnyObject, ParameterMaker {
    /// Rows of activations, `[tokens, width]`.
    associatedtype Activations
    /// The memory of one sequence: keys and values, and the states of recurrent layers.
    associatedtype Cache
    /// Cosines and sines for the positions of a batch.
    associatedtype Rotation
}

/// The coarse steps of which every forward pass consists: those that all networks have, below, and those of one kind of
/// layer, each in a file of its own with its readable and its fast form.
///
/// The pass is written once and is generic over this protocol: `FastOperations` runs kernels on packed weights,
/// `ReferenceOperations` is the plain f32 arithmetic that tests hold it against. Activations are rows of f32,
/// `[tokens, width]`.
package protocol Operations: AttentionOperations, RoutingOperations, ConvolutionOperations, SelectiveScanOperations,
    WKVOperations, LinearAttentionOperations, ChannelOperations
{
    /// The rows of `table` for the tokens; every token is below the number of rows.
    func embed(_ tokens: [Int32], _ table: Table) -> Activations

    /// Rows with the given values.
    func constant(_ values: [Float], width: Int) -> Activations

    /// So many rows that are all alike.
    func broadcast(_ vector: Vector, rows: Int) -> Activations

    /// The products of the same input with several matrices.
    func project(_ input: Activations, _ matrices: [Matrix]) -> [Activations]

    /// Each row, in `groups` parts of equal width, brought to a root mean square or a deviation of 1. The norm's weight and
    /// bias are as long as a row or a part.
    func normalize(_ input: Activations, _ norm: Norm<Vector>, groups: Int) -> Activations

    /// The products of normalized rows with several matrices: `project` of `normalize`, in one go where that is faster.
    func project(normalizing input: Activations, _ norm: Norm<Vector>, _ matrices: [Matrix]) -> [Activations]

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
    func interpolate(_ input: Activations, _ other: Activations, weight: Vector) -> Activations

    /// The rows at the given indices.
    func select(_ input: Activations, rows: [Int]) -> Activations

    /// Adds each row of `other`, times its one value in `factors` if there are any, to a row of `target`; no row of `target`
    /// is named twice.
    func addRows(_ other: Activations, factors: Activations?, to rows: [Int], of target: inout Activations)

    /// The values, row after row.
    func read(_ input: Activations) -> [Float]

    /// Runs `body`; activations made in it are gone afterwards.
    func scope(_ body: () -> Void)

    /// Whether `segment` is to be used for blocks.
    var recomputes: Bool { get }

    /// Runs `body`, which changes `stream` by nothing but itself and weights, and may be run once more for its gradient.
    func segment(_ stream: inout Activations, _ body: @escaping (inout Activations) -> Void)
}

extension Operations {
    /// What leads no gradients computes everything once.
    package var recomputes: Bool { false }

    /// The same.
    package func segment(_ stream: inout Activations, _ body: @escaping (inout Activations) -> Void) { body(&stream) }

    /// The product of the input with one matrix.
    package func project(_ input: Activations, _ matrix: Matrix) -> Activations { project(input, [matrix])[0] }

    /// The products of normalized rows, one step after the other.
    package func project(normalizing input: Activations, _ norm: Norm<Vector>, _ matrices: [Matrix]) -> [Activations] {
        project(normalize(input, norm, groups: 1), matrices)
    }

    /// The product of gated rows, one step after the other.
    package func project(
        gating gate: Activations, _ up: Activations?, _ activation: Activation, _ matrix: Matrix
    ) -> Activations {
        project(self.gate(gate, up, activation), matrix)
    }

    /// Prepares a weight matrix as it is.
    package func makeMatrix(_ source: MatrixSource, bias: [Float]?) -> Matrix {
        makeMatrix(source, bias: bias, adapter: nil)
    }
}
