/// A tensor of a checkpoint, or of an adapter, whose values training may change.
///
/// Not safe for use by several threads at once.
package final class Parameter {
    /// Its name in the file.
    package let name: String
    /// Its shape in the file.
    package let shape: [Int]
    /// Whether training changes it.
    package var isTrainable = true { didSet { if !isTrainable { gradientBuffer = nil } } }
    private let buffer: FloatBuffer
    private var gradientBuffer: FloatBuffer?

    /// A tensor with the values given, as many as the shape says.
    package convenience init(name: String, shape: [Int], values: [Float]) {
        self.init(name: name, shape: shape, buffer: FloatBuffer(values))
    }

    private init(name: String, shape: [Int], buffer: FloatBuffer) {
        (self.name, self.shape, self.buffer) = (name, shape, buffer)
    }

    convenience init(name: String, shape: [Int], stored: MatrixSource) {
        let buffer = FloatBuffer(stored.rows * stored.columns)
        for row in 0..<stored.rows { stored.decodeRow(row, into: buffer.pointer + row * stored.columns) }
        self.init(name: name, shape: shape, buffer: buffer)
    }

    /// How many values it has.
    package var count: Int { buffer.count }
    /// The values, row after row.
    package var values: UnsafeMutableBufferPointer<Float> { .init(start: buffer.pointer, count: buffer.count) }
    /// What the last passes added to the loss's gradient; zeros where nothing did.
    package var gradient: UnsafeMutableBufferPointer<Float> {
        let gradient = gradientBuffer ?? FloatBuffer(count)
        gradientBuffer = gradient
        return .init(start: gradient.pointer, count: count)
    }

    func clearGradient() { gradientBuffer?.clear() }
}

/// All parameters of a network by the names of their tensors: what two parts of a network share is there once.
package final class ParameterStore {
    private var byName: [String: Parameter] = [:]
    private var views: [ParameterView] = []
    /// The parameters in the order in which the network asked for them.
    package private(set) var parameters: [Parameter] = []

    /// An empty store.
    package init() {}

    /// The parameter of a name.
    package subscript(name name: String) -> Parameter? { byName[name] }

    /// Adds a parameter that no file of the model has, as those of adapters.
    package func add(_ parameter: Parameter) {
        guard byName.updateValue(parameter, forKey: parameter.name) == nil else { return }
        parameters.append(parameter)
    }

    func view(_ origin: ParameterOrigin) -> ParameterView {
        let pieces = origin.pieces.map { piece in
            if byName[piece.tensor] == nil {
                add(Parameter(name: piece.tensor, shape: piece.shape, stored: piece.stored))
            }
            return (parameter: byName[piece.tensor], changes: piece.changes)
        }
        return view(pieces.compactMap { piece in piece.parameter.map { ($0, piece.changes) } })
    }

    func view(_ pieces: [(Parameter, [ParameterChange])]) -> ParameterView {
        let view = ParameterView(pieces)
        if !view.isDirect { views.append(view) }
        return view
    }

    /// Parameters have changed: brings what is derived from them up to date.
    package func refresh() { for view in views { view.refresh() } }

    /// Adds the gradients of what is derived from parameters to theirs; after all passes of a step.
    package func collectGradients() { for view in views where view.isTrainable { view.collectGradient() } }

    /// Sets all gradients to zero.
    package func clearGradients() { for parameter in parameters { parameter.clearGradient() } }
}
