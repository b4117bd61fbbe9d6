// The protocol documents these methods.

import Platform

extension ReferenceOperations {
    package func store(keys: Activations, values: Activations, layer: Int, spans: [BatchSpan<Cache>]) {
        for span in spans {
            for (row, position) in zip(span.rows, span.positions) {
                span.cache.keys[layer] = (span.cache.keys[layer] ?? []).prefix(position) + [Array(keys.row(row))]
                span.cache.values[layer] = (span.cache.values[layer] ?? []).prefix(position) + [Array(values.row(row))]
            }
        }
    }

    package func attend(
        _ queries: Activations, far: FarQueries<Activations>?, shape: AttentionShape, distanceBias: [Float]?,
        sinks: [Float]?, buckets: BucketScores<Activations>?, layer: Int, spans: [BatchSpan<Cache>]
    ) -> Activations {
        var output = Activations(values: [], width: shape.heads * shape.valueSize)
        for span in spans {
            let (keys, values) = (span.cache.keys[layer] ?? [], span.cache.values[layer] ?? [])
            for (row, position) in zip(span.rows, span.positions) {
                for head in 0..<shape.heads {
                    let channels = head * shape.headSize..<(head + 1) * shape.headSize
                    let query = Query(
                        near: Array(Array(queries.row(row))[channels]),
                        far: far.map { Array(Array($0.queries.row(row))[channels]) }, head: head, position: position)
                    var end = shape.isCausal ? position + 1 : span.positions.upperBound
                    if shape.readsSource { end = span.sourceCount }
                    let begin = shape.readsSource ? 0 : span.sourceCount
                    let keyHead = head * shape.keyValueHeads / shape.heads
                    func ownScore(_ key: Int) -> Float {
                        buckets.map { $0.score(head, row, span.rows.lowerBound + key, key - position) } ?? 0
                    }
                    let seen = (begin..<end).compactMap { key -> (score: Float, value: ArraySlice<Float>)? in
                        let channels = Array(keys[key][keyHead * shape.headSize..<(keyHead + 1) * shape.headSize])
                        let value = values[key][keyHead * shape.valueSize..<(keyHead + 1) * shape.valueSize]
                        let bias = span.keyBiases.map { key < $0.count ? $0[key] : 0 } ?? 0
                        return score(query, channels, at: key, far, shape, distanceBias ?? [], own: ownScore(key)).map {
                            ($0 + bias, value)
                        }
                    }
                    output.values += Self.softmaxAverage(seen, size: shape.valueSize, sink: sinks?[head])
                }
            }
        }
        return output
    }

    /// What one head of one token asks for.
    private struct Query {
        let near: [Float]
        let far: [Float]?
        let head: Int
        let position: Int
    }

    /// How well a key fits; nil if it is not seen.
    private func score(
        _ query: Query, _ channels: [Float], at key: Int, _ far: FarQueries<Activations>?, _ shape: AttentionShape,
        _ distanceBias: [Float], own: Float
    ) -> Float? {
        var score: Float
        if shape.isChunked, let chunk = shape.window, key / chunk != query.position / chunk { return nil }
        if let window = shape.window, !shape.isCausal, key - query.position >= window { return nil }
        if shape.window.map({ query.position - key < $0 }) ?? true {
            score = dot(query.near, far.map { turn(channels, by: Float(key), $0) } ?? channels)
        } else if let far, let farQuery = query.far, far.limit.map({ key < $0 }) ?? true {
            score = dot(farQuery, turn(channels, by: far.farDivisor == 0 ? 0 : Float(key / far.farDivisor), far))
        } else {
            return nil
        }
        score = (score + own) * shape.scale
        if let cap = shape.softCap { score = cap * tanh(score / cap) }
        if !shape.slopes.isEmpty {
            let slope = shape.slopes[query.head]
            if let scale = shape.roundedSlopeScale {
                score += scale * (slope * Float(key)).roundedToBFloat
            } else {
                score -= slope * Float(abs(key - query.position))
            }
        }
        if !distanceBias.isEmpty {
            let count = distanceBias.count / shape.heads
            let reach = count / 2
            score += distanceBias[query.head * count + reach + max(-reach, min(reach, key - query.position))]
        }
        return score
    }

    package func multiplyHeads(_ rows: Activations, _ others: Activations, heads: Int) -> Activations {
        let size = rows.width / max(heads, 1)
        var output = Activations(values: [], width: heads * others.tokens)
        for token in 0..<rows.tokens {
            for head in 0..<heads {
                let channels = head * size..<(head + 1) * size
                let row = Array(Array(rows.row(token))[channels])
                for other in 0..<others.tokens { output.values.append(dot(Array(others.row(other))[channels], row)) }
            }
        }
        return output
    }

    private static func softmaxAverage(
        _ seen: [(score: Float, value: ArraySlice<Float>)], size: Int, sink: Float?
    ) -> [Float] {
        let largest = max(seen.map(\.score).max() ?? 0, sink ?? -.infinity)
        let weights = seen.map { exp($0.score - largest) }
        let total = weights.reduce(0, +) + (sink.map { exp($0 - largest) } ?? 0)
        return (0..<size).map { channel in
            zip(weights, seen).reduce(0) { $0 + $1.0 * $1.1.value[$1.1.value.startIndex + channel] } / total
        }
    }

    private func dot(_ a: some Sequence<Float>, _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

    private func turn(_ key: [Float], by position: Float, _ far: FarQueries<Activations>) -> [Float] {
        let angles = far.inverseFrequencies.map { position * $0 }
        return Self.rotated(key, angles.map { cos($0) }, angles.map { sin($0) }, far.layout)
    }
}

extension BucketScores<ReferenceOperations.Activations> {
    /// What the query and the key of two rows add at a distance.
    fileprivate func score(_ head: Int, _ query: Int, _ key: Int, _ distance: Int) -> Float {
        let bucket = Int(buckets[reach + max(-reach, min(reach, distance))])
        func value(_ rows: ReferenceOperations.Activations?, _ row: Int) -> Float {
            rows.map { $0.values[row * $0.width + head * count + bucket] } ?? 0
        }
        return value(ofQueries, query) + value(ofKeys, key)
    }
}
