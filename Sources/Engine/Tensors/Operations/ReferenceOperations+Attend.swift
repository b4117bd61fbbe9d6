// The protocol documents these methods.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import Platform

extension ReferenceOperations {
    public func store(keys: Activations, values: Activations, layer: Int, spans: [BatchSpan<Cache>]) {
        for span in spans {
            for (row, position) in zip(span.rows, span.positions) {
                span.cache.keys[layer] = (span.cache.keys[layer] ?? []).prefix(position) + [Array(keys.row(row))]
                span.cache.values[layer] = (span.cache.values[layer] ?? []).prefix(position) + [Array(values.row(row))]
            }
        }
    }

    public func attend(
        _ queries: Activations, far: FarQueries<Activations>?, attention: AttentionShape, layer: Int,
        spans: [BatchSpan<Cache>]
    ) -> Activations {
        var output = Activations(values: [], width: attention.heads * attention.valueSize)
        for span in spans {
            let (keys, values) = (span.cache.keys[layer] ?? [], span.cache.values[layer] ?? [])
            for (row, position) in zip(span.rows, span.positions) {
                for head in 0..<attention.heads {
                    let channels = head * attention.headSize..<(head + 1) * attention.headSize
                    let (query, farRow) = (Array(queries.row(row)), far.map { Array($0.queries.row(row)) })
                    let end = attention.isCausal ? position + 1 : span.positions.upperBound
                    output.values += attendHead(
                        head, position, end, near: query[channels], farQuery: farRow?[channels], far, attention, keys,
                        values)
                }
            }
        }
        return output
    }

    private func attendHead(
        _ head: Int, _ position: Int, _ end: Int, near: ArraySlice<Float>, farQuery: ArraySlice<Float>?,
        _ far: FarQueries<Activations>?, _ attention: AttentionShape, _ keys: [[Float]], _ values: [[Float]]
    ) -> [Float] {
        let (shape, keyHead) = (attention, head * attention.keyValueHeads / attention.heads)
        var (scores, seen): ([Float], [Int]) = ([], [])
        for key in 0..<end {
            let channels = Array(keys[key][keyHead * shape.headSize..<(keyHead + 1) * shape.headSize])
            let isNear = shape.window.map { position - key < $0 } ?? true
            var score: Float
            if isNear {
                let turned = far.map { turn(channels, by: Float(key), $0) } ?? channels
                score = dot(near, turned)
            } else if let far, let farQuery, far.limit.map({ key < $0 }) ?? true {
                score = dot(farQuery, turn(channels, by: far.farDivisor == 0 ? 0 : Float(key / far.farDivisor), far))
            } else {
                continue
            }
            score *= shape.scale
            if let cap = shape.softCap { score = cap * tanh(score / cap) }
            if !shape.slopes.isEmpty {
                if let scale = shape.roundedSlopeScale {
                    score += scale * (shape.slopes[head] * Float(key)).roundedToBFloat
                } else {
                    score += shape.slopes[head] * Float(key - position)
                }
            }
            if !shape.distances.isEmpty {
                let reach = shape.distanceReach
                score += shape.distances[head * (2 * reach + 1) + reach + max(-reach, min(reach, key - position))]
            }
            scores.append(score)
            seen.append(key)
        }
        let largest = scores.max() ?? 0
        let weights = scores.map { exp($0 - largest) }
        let total = weights.reduce(0, +)
        return (keyHead * shape.valueSize..<(keyHead + 1) * shape.valueSize).map { channel in
            zip(weights, seen).reduce(0) { $0 + $1.0 * values[$1.1][channel] } / total
        }
    }

    private func dot(_ a: some Sequence<Float>, _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

    private func turn(_ key: [Float], by position: Float, _ far: FarQueries<Activations>) -> [Float] {
        let angles = far.inverseFrequencies.map { position * $0 }
        return Self.rotated(key, angles.map { cos($0) }, angles.map { sin($0) }, far.layout)
    }
}
