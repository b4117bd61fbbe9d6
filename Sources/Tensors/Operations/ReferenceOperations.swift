// The protocol documents these methods.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Plain f32 arithmetic, one loop per formula: what the fast operations are tested against.
public final class ReferenceOperations: Operations {
    /// Rows of f32.
    public struct Activations {
        /// `[tokens * width]`, row after row.
        public var values: [Float]
        /// The length of a row.
        public var width: Int
        var tokens: Int { width == 0 ? 0 : values.count / width }

        func row(_ index: Int) -> ArraySlice<Float> { values[index * width..<(index + 1) * width] }
    }

    /// Decoded weights.
    public struct Matrix {
        let values: [Float]
        let columns: Int
        let bias: [Float]?
        var rows: Int { columns == 0 ? 0 : values.count / columns }
    }

    /// Keys and values by layer and position.
    public final class Cache {
        var keys: [Int: [[Float]]] = [:]
        var values: [Int: [[Float]]] = [:]

        /// An empty sequence.
        public init() {}
    }

    /// Cosines and sines, one row per token.
    public struct Rotation {
        let cosines: [[Float]]
        let sines: [[Float]]
    }

    /// Makes the operations; they hold no state.
    public init() {}

    public func makeMatrix(_ source: MatrixSource, bias: [Float]?) -> Matrix {
        Matrix(values: source.decoded(), columns: source.columns, bias: bias)
    }

    public func reserve(_ cache: Cache, positions: Int) {}

    public func embed(_ tokens: [Int32], _ table: MatrixSource, scale: Float) -> Activations {
        var values = [Float](repeating: 0, count: tokens.count * table.columns)
        values.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            for (index, token) in tokens.enumerated() {
                table.decodeRow(Int(token), into: base + index * table.columns)
            }
        }
        return Activations(values: values.map { $0 * scale }, width: table.columns)
    }

    public func rmsNormalize(_ input: Activations, weight: [Float], epsilon: Float) -> Activations {
        var output = input
        for token in 0..<input.tokens {
            let squares = input.row(token).reduce(0) { $0 + Double($1) * Double($1) }
            let factor = 1 / (Float(squares / Double(input.width)) + epsilon).squareRoot()
            for c in 0..<input.width { output.values[token * input.width + c] *= factor * weight[c] }
        }
        return output
    }

    public func project(_ input: Activations, _ matrices: [Matrix]) -> [Activations] {
        matrices.map { matrix in
            var output = Activations(values: [], width: matrix.rows)
            for token in 0..<input.tokens {
                let row = Array(input.row(token))
                for r in 0..<matrix.rows {
                    var sum: Float = 0
                    for c in 0..<matrix.columns { sum += matrix.values[r * matrix.columns + c] * row[c] }
                    output.values.append(sum + (matrix.bias?[r] ?? 0))
                }
            }
            return output
        }
    }

    public func add(_ other: Activations, to target: inout Activations) {
        for index in target.values.indices { target.values[index] += other.values[index] }
    }

    public func siluMultiply(_ gate: Activations, _ up: Activations) -> Activations {
        var output = gate
        for (index, x) in gate.values.enumerated() { output.values[index] = x / (1 + exp(-x)) * up.values[index] }
        return output
    }

    public func makeRotation(positions: [Int], inverseFrequencies: [Float], scale: Float) -> Rotation {
        let angles = positions.map { position in inverseFrequencies.map { Float(position) * $0 } }
        return Rotation(
            cosines: angles.map { $0.map { cos($0) * scale } }, sines: angles.map { $0.map { sin($0) * scale } })
    }

    public func rotate(_ input: inout Activations, headSize: Int, by rotation: Rotation, layout: RotaryLayout) {
        for token in 0..<input.tokens {
            let (cosines, sines) = (rotation.cosines[token], rotation.sines[token])
            for head in stride(from: token * input.width, to: (token + 1) * input.width, by: headSize) {
                for i in cosines.indices {
                    let first = head + (layout == .halves ? i : 2 * i)
                    let second = first + (layout == .halves ? cosines.count : 1)
                    let (x, y) = (input.values[first], input.values[second])
                    input.values[first] = x * cosines[i] - y * sines[i]
                    input.values[second] = x * sines[i] + y * cosines[i]
                }
            }
        }
    }

    public func attend(
        _ queries: Activations, keys: Activations, values: Activations, attention: AttentionShape, layer: Int,
        spans: [BatchSpan<Cache>]
    ) -> Activations {
        var output = Activations(values: [], width: queries.width)
        for span in spans {
            for (index, token) in span.rows.enumerated() {
                let position = span.firstPosition + index
                span.cache.keys[layer] = (span.cache.keys[layer] ?? []).prefix(position) + [Array(keys.row(token))]
                span.cache.values[layer] =
                    (span.cache.values[layer] ?? []).prefix(position) + [Array(values.row(token))]
                for head in 0..<attention.heads {
                    let query = Array(queries.row(token))[head * attention.headSize..<(head + 1) * attention.headSize]
                    output.values += attendHead(
                        Array(query), head * attention.keyValueHeads / attention.heads, position, attention,
                        span.cache.keys[layer] ?? [], span.cache.values[layer] ?? [])
                }
            }
        }
        return output
    }

    private func attendHead(
        _ query: [Float], _ head: Int, _ position: Int, _ attention: AttentionShape, _ keys: [[Float]],
        _ values: [[Float]]
    ) -> [Float] {
        let channels = head * attention.headSize..<(head + 1) * attention.headSize
        let first = attention.window.map { max(0, position - $0 + 1) } ?? 0
        var scores = keys[first...position].map { key in
            zip(query, key[channels]).reduce(0) { $0 + $1.0 * $1.1 } * attention.scale
        }
        if let cap = attention.softCap { scores = scores.map { cap * tanh($0 / cap) } }
        let largest = scores.max() ?? 0
        let weights = scores.map { exp($0 - largest) }
        let total = weights.reduce(0, +)
        return channels.map { channel in
            zip(weights, values[first...position]).reduce(0) { $0 + $1.0 * $1.1[channel] } / total
        }
    }

    public func select(_ input: Activations, rows: [Int]) -> Activations {
        Activations(values: rows.flatMap { Array(input.row($0)) }, width: input.width)
    }

    public func read(_ input: Activations) -> [Float] { input.values }

    public func scope(_ body: () -> Void) { body() }
}
