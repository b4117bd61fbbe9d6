/// A parameter in the form that operations compute with: a part of one tensor where it lies, or values derived from one or
/// several tensors, with a gradient that is led back to them.
package final class ParameterView {
    private struct Piece {
        let parameter: Parameter
        let changes: [ParameterChange]
        let start: Int
        let count: Int
    }

    private let pieces: [Piece]
    /// Where in the only parameter the values lie; nil if they are a copy.
    private let offset: Int?
    private var copy: FloatBuffer?
    private var copyGradient: FloatBuffer?
    let count: Int

    init(_ parts: [(Parameter, [ParameterChange])]) {
        if parts.count == 1, let place = Self.place(parts[0].0, parts[0].1) {
            (offset, count) = (place.lowerBound, place.count)
            pieces = [Piece(parameter: parts[0].0, changes: parts[0].1, start: 0, count: count)]
            return
        }
        var found: [Piece] = []
        var values: [Float] = []
        for (parameter, changes) in parts {
            let part = Self.derived(parameter, changes)
            found.append(Piece(parameter: parameter, changes: changes, start: values.count, count: part.count))
            values += part
        }
        (offset, count, pieces) = (nil, values.count, found)
        copy = FloatBuffer(values)
    }

    /// Values that belong to no parameter.
    init(constant values: [Float]) {
        (offset, count, pieces) = (nil, values.count, [])
        copy = FloatBuffer(values)
    }

    var isDirect: Bool { offset != nil }
    var isTrainable: Bool { pieces.contains { $0.parameter.isTrainable } }

    var values: UnsafeMutablePointer<Float> {
        if let offset, let base = pieces[0].parameter.values.baseAddress { return base + offset }
        return copyBuffer.pointer
    }

    /// To be added to; only of what is trainable.
    var gradient: UnsafeMutablePointer<Float> {
        if let offset, let base = pieces[0].parameter.gradient.baseAddress { return base + offset }
        let gradient = copyGradient ?? FloatBuffer(count)
        copyGradient = gradient
        return gradient.pointer
    }

    private var copyBuffer: FloatBuffer {
        let buffer = copy ?? FloatBuffer(count)
        copy = buffer
        return buffer
    }

    func refresh() {
        guard !isDirect, isTrainable else { return }
        for piece in pieces {
            let values = Self.derived(piece.parameter, piece.changes)
            (copyBuffer.pointer + piece.start).update(from: values, count: values.count)
        }
    }

    func collectGradient() {
        guard let copyGradient else { return }
        for piece in pieces where piece.parameter.isTrainable {
            var inputs = [Array(piece.parameter.values)]
            for change in piece.changes { inputs.append(change.applied(to: inputs[inputs.count - 1])) }
            var gradient = Array(UnsafeBufferPointer(start: copyGradient.pointer + piece.start, count: piece.count))
            for (change, input) in zip(piece.changes, inputs).reversed() {
                gradient = change.gradient(gradient, of: input)
            }
            let target = piece.parameter.gradient
            for index in target.indices { target[index] += gradient[index] }
        }
        copyGradient.clear()
    }

    private static func derived(_ parameter: Parameter, _ changes: [ParameterChange]) -> [Float] {
        changes.reduce(Array(parameter.values)) { $1.applied(to: $0) }
    }

    /// The place of a part that lies in one piece; nil if the values are others or elsewhere.
    private static func place(_ parameter: Parameter, _ changes: [ParameterChange]) -> Range<Int>? {
        changes.reduce(0..<parameter.count) { place, change -> Range<Int>? in
            guard let place, case .rows(let ranges, let width) = change, let first = ranges.first,
                let last = ranges.last,
                zip(ranges, ranges.dropFirst()).allSatisfy({ $0.upperBound == $1.lowerBound })
            else { return nil }
            return place.lowerBound + first.lowerBound * width..<place.lowerBound + last.upperBound * width
        }
    }
}
