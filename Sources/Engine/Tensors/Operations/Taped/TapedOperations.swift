// The protocol documents these methods.

import CKernels

/// The operations that train models: f32, each of them noted on a tape with what leads its gradient back.
///
/// A pass is a `forward` and a loss; `backward` then goes through the tape from its end and adds to the gradients of the
/// parameters. Sums have a fixed order, so that neither the number of threads nor the moment changes a result. Every text of
/// a batch is a span that begins at position 0.
package final class TapedOperations: Operations {
    package typealias Activations = TapedRows
    package typealias Matrix = TapedMatrix
    package typealias Vector = ParameterView
    package typealias Table = TapedTable
    package typealias Cache = TapedSequence

    /// The parameters of all networks made with these operations.
    package let parameters = ParameterStore()
    /// All matrices, for those who add adapters to some.
    package private(set) var matrices: [TapedMatrix] = []
    /// Whether operations are noted; without it they only compute.
    package var isRecording = true
    /// Whether matrices and tables stay as the file holds them, so that adapters alone can be trained.
    package let keepsStored: Bool
    /// The numbers of values in what stays as it is, by the tensors' names.
    package private(set) var storedCounts: [String: Int] = [:]
    /// Whether what blocks compute on their way is computed again for the gradient in place of being kept.
    package var recomputes = false
    /// Whether this pass is computed for its result alone, while another will lead its gradient.
    private var isPaused = false
    /// What random choices of a pass are made from; the caller sets it before each.
    package var randomSeed: UInt64 = 0
    var adaptedCount = 0
    let memory = FloatMemory()
    package let pool: ThreadPool
    let kernels: swiftlet_kernels
    /// Scratch memory of each thread for products.
    private let workspaces: FloatBuffer
    /// The keys and values of each layer in this pass.
    var stored: [Int: (keys: TapedRows, values: TapedRows)] = [:]
    private var tape: [(output: TapedRows, lead: (UnsafeMutablePointer<Float>) -> Void)] = []

    /// Makes operations on `pool`, with the machine's best kernels unless others are given.
    package init(pool: ThreadPool, kernels: Kernels = .best, keepsStored: Bool = false) {
        (self.pool, self.keepsStored) = (pool, keepsStored)
        self.kernels = kernels.table.pointee
        workspaces = FloatBuffer(pool.threads * Self.workspaceCount)
    }

    private static let workspaceCount = SWIFTLET_PRODUCT_WORKSPACE

    func workspace(_ thread: Int) -> UnsafeMutablePointer<Float> {
        workspaces.pointer + thread * Self.workspaceCount
    }

    // MARK: The tape

    func make(_ tokens: Int, _ width: Int, isTracked: Bool) -> TapedRows {
        TapedRows(tokens, width, isTracked: isTracked && isRecording && !isPaused, memory: memory)
    }

    /// Notes how the gradient of `output` is led to what it was made of.
    func record(_ output: TapedRows, _ lead: @escaping (_ gradient: UnsafeMutablePointer<Float>) -> Void) {
        if output.isTracked { tape.append((output, lead)) }
    }

    /// Computes `body` without keeping what it makes on its way, and once more when the gradient of its result is led back
    /// (Chen et al. 2016). It must depend on `stream` and on weights alone.
    package func segment(_ stream: inout TapedRows, _ body: @escaping (inout TapedRows) -> Void) {
        guard isRecording, recomputes else { return body(&stream) }
        let input = stream
        isPaused = true
        body(&stream)
        isPaused = false
        let output = make(stream.tokens, stream.width, isTracked: true)
        output.values.update(from: stream.values, count: stream.count)
        record(output) { gradient in
            let rest = self.tape
            self.tape = []
            var again = input
            body(&again)
            if again.isTracked {
                self.add(gradient, to: again.openGradient(), again.count)
                self.leadBack()
            }
            (self.tape, self.stored) = (rest, [:])
        }
        stream = output
    }

    /// Goes through the tape from its end.
    private func leadBack() {
        // What is taken from the tape gives its memory back as soon as nothing before it needs it.
        while let (output, lead) = tape.popLast() {
            if let gradient = output.gradient { lead(gradient) }
        }
    }

    /// Leads the gradients of losses back to all parameters, and ends the pass.
    package func backward() {
        stored = [:]
        leadBack()
        memory.trim()
    }

    /// The same from the gradient of a loss that the caller has computed, row after row.
    package func backward(from rows: TapedRows, gradient: [Float]) {
        guard rows.isTracked, gradient.count == rows.count else { return backward() }
        let target = rows.openGradient()
        for (index, value) in gradient.enumerated() { target[index] += value }
        backward()
    }

    /// Ends a pass whose gradients nobody wants.
    package func discard() {
        stored = [:]
        tape = []
        memory.trim()
    }

    // MARK: Parameters

    package func makeMatrix(_ source: MatrixSource, bias: [Float]?, adapter: LowRankUpdate?) -> TapedMatrix {
        let sum = adapter.flatMap { source.adding($0, pool: pool) } ?? source
        return TapedMatrix(
            rows: source.rows, columns: source.columns, weight: .parameters(ParameterView(constant: sum.decoded())),
            bias: bias.map(ParameterView.init(constant:)), origin: nil)
    }

    package func makeMatrix(
        _ source: MatrixSource, bias: [Float]?, adapter: LowRankUpdate?, from origin: MatrixOrigin
    ) -> TapedMatrix {
        guard adapter == nil, let weight = origin.weight else {
            return makeMatrix(source, bias: bias, adapter: adapter)
        }
        let matrix = TapedMatrix(
            rows: source.rows, columns: source.columns, weight: values(source, from: weight),
            bias: bias.map { makeVector($0, from: origin.bias) }, origin: origin)
        matrices.append(matrix)
        return matrix
    }

    package func makeVector(_ values: [Float]) -> ParameterView { ParameterView(constant: values) }

    package func makeVector(_ values: [Float], from origin: ParameterOrigin?) -> ParameterView {
        origin.map(parameters.view) ?? makeVector(values)
    }

    package func makeTable(_ source: MatrixSource) -> TapedTable {
        TapedTable(columns: source.columns, values: .parameters(ParameterView(constant: source.decoded())))
    }

    package func makeTable(_ source: MatrixSource, from origin: ParameterOrigin?) -> TapedTable {
        guard let origin else { return makeTable(source) }
        return TapedTable(columns: source.columns, values: values(source, from: origin))
    }

    private func values(_ source: MatrixSource, from origin: ParameterOrigin) -> MatrixValues {
        guard keepsStored else { return .parameters(parameters.view(origin)) }
        for piece in origin.pieces { storedCounts[piece.tensor] = piece.stored.rows * piece.stored.columns }
        return .stored(source)
    }

    // MARK: Loops

    /// Runs `body` for each row, on all threads where there is enough to do.
    func forEachRow(_ tokens: Int, width: Int, _ body: (Int) -> Void) {
        let chunk = max(1, min(64, 16384 / max(width, 1)))
        pool.runUnchecked((tokens + chunk - 1) / chunk) { item, _ in
            for token in item * chunk..<min(tokens, (item + 1) * chunk) { body(token) }
        }
    }

    /// Runs `body` for blocks of channels, on all threads.
    func forEachBlock(_ channels: Int, _ body: (Range<Int>) -> Void) {
        let size = 64
        pool.runUnchecked((channels + size - 1) / size) { item, _ in
            body(item * size..<min(channels, (item + 1) * size))
        }
    }

    /// Adds the sums of all rows to `target`, `[width]`.
    func addSum(of rows: UnsafePointer<Float>, _ tokens: Int, _ width: Int, to target: UnsafeMutablePointer<Float>) {
        forEachBlock(width) { block in
            for token in 0..<tokens {
                kernels.add(target + block.lowerBound, rows + token * width + block.lowerBound, 1, block.count)
            }
        }
    }

    /// Adds all values to others.
    func add(_ values: UnsafePointer<Float>, scale: Float = 1, to target: UnsafeMutablePointer<Float>, _ count: Int) {
        let size = 1 << 14
        pool.runUnchecked((count + size - 1) / size) { item, _ in
            kernels.add(target + item * size, values + item * size, scale, min(size, count - item * size))
        }
    }

    package func read(_ input: TapedRows) -> [Float] {
        Array(UnsafeBufferPointer(start: input.values, count: input.count))
    }

    /// The tape keeps what it needs, and gives it back when it has been gone through.
    package func scope(_ body: () -> Void) { body() }

    package func reserve(_ cache: TapedSequence, positions: Range<Int>) {}
}
