// The protocol documents these methods.

import CKernels
import Platform

extension TapedOperations {
    package func store(keys: TapedRows, values: TapedRows, layer: Int, spans: [BatchSpan<TapedSequence>]) {
        stored[layer] = (keys, values)
    }

    /// Of what a softmax has only the sum of each row is kept: scores are computed again for the gradient (Dao et al. 2022),
    /// some queries at a time. `far` keys come with positions that are stretched at run
    /// time alone, which training does not do.
    package func attend(
        _ queries: TapedRows, far: FarQueries<TapedRows>?, shape: AttentionShape, distanceBias: ParameterView?,
        sinks: ParameterView?, buckets: BucketScores<TapedRows>?, layer: Int, spans: [BatchSpan<TapedSequence>]
    ) -> TapedRows {
        let stored = stored[layer]
        let isTracked =
            queries.isTracked || stored?.keys.isTracked == true || stored?.values.isTracked == true
            || distanceBias?.isTrainable == true || sinks?.isTrainable == true
            || buckets?.ofQueries?.isTracked == true || buckets?.ofKeys?.isTracked == true
        let output = make(queries.tokens, shape.heads * shape.valueSize, isTracked: isTracked)
        // A mixer stores before it attends.
        guard let stored else { return output }
        let attention = TapedAttention(
            operations: self, shape: shape, queries: queries, keys: stored.keys, values: stored.values, output: output,
            sums: make(queries.tokens, shape.heads, isTracked: false), distanceBias: distanceBias, sinks: sinks,
            buckets: buckets, spans: spans.map(\.rows))
        attention.fill()
        record(output) { attention.lead($0) }
        return output
    }

    package func multiplyHeads(_ rows: TapedRows, _ others: TapedRows, heads: Int) -> TapedRows {
        let (size, width) = (rows.width / max(heads, 1), heads * others.tokens)
        let output = make(rows.tokens, width, isTracked: rows.isTracked || others.isTracked)
        func operand(_ values: TapedRows, _ head: Int) -> ProductOperand {
            ProductOperand(values: values.values + head * size, row: values.width)
        }
        for head in 0..<heads {
            multiply(
                operand(rows, head), operand(others, head).transposed, rows: rows.tokens, columns: others.tokens,
                depth: size, to: output.values + head * others.tokens, stride: width, adds: false)
        }
        record(output) { gradient in
            for head in 0..<heads {
                let outer = ProductOperand(values: gradient + head * others.tokens, row: width)
                if rows.isTracked {
                    self.multiply(
                        outer, operand(others, head), rows: rows.tokens, columns: size, depth: others.tokens,
                        to: rows.openGradient() + head * size, stride: rows.width, adds: true)
                }
                if others.isTracked {
                    self.multiply(
                        outer.transposed, operand(rows, head), rows: others.tokens, columns: size, depth: rows.tokens,
                        to: others.openGradient() + head * size, stride: others.width, adds: true)
                }
            }
        }
        return output
    }
}

/// One attention of one pass.
private struct TapedAttention {
    let operations: TapedOperations
    let shape: AttentionShape
    let queries, keys, values, output: TapedRows
    /// The logarithm of the sum of each softmax, `[tokens, heads]`.
    let sums: TapedRows
    let distanceBias, sinks: ParameterView?
    let buckets: BucketScores<TapedRows>?
    let spans: [Range<Int>]

    /// Queries whose scores are in memory at a time.
    private static let block = 64

    private var group: Int { shape.heads / shape.keyValueHeads }

    /// Queries of one head, and the keys that any of them sees, by their places in the text.
    private struct Block {
        let head: Int
        /// The row of the text's first token.
        let start: Int
        let queries: Range<Int>
        let keys: Range<Int>
    }

    /// Runs `body` for all blocks; those that share keys and values, or the values that are learned for heads, on one thread.
    private func forEachBlock(_ body: (Block, _ thread: Int, _ scratch: UnsafeMutablePointer<Float>) -> Void) {
        let longest = spans.map(\.count).max() ?? 0
        let isJoined = distanceBias != nil || sinks != nil
        let (count, heads) = (isJoined ? 1 : spans.count, shape.keyValueHeads)
        let floats = 2 * Self.block * longest
        let threads = operations.pool.threads
        let scratch = operations.memory.take(threads * floats)
        defer { operations.memory.give(scratch, threads * floats) }
        operations.pool.runUnchecked(count * heads) { item, thread in
            for span in isJoined ? spans : [spans[item / heads]] {
                for head in item % heads * group..<(item % heads + 1) * group {
                    for first in stride(from: 0, to: span.count, by: Self.block) {
                        let queries = first..<min(first + Self.block, span.count)
                        let end = shape.isCausal ? queries.upperBound : span.count
                        let keys = firstKey(first)..<end
                        let block = Block(head: head, start: span.lowerBound, queries: queries, keys: keys)
                        body(block, thread, scratch + thread * floats)
                    }
                }
            }
        }
    }

    /// The first key that the query at a position sees.
    private func firstKey(_ position: Int) -> Int {
        guard let window = shape.window else { return 0 }
        return shape.isChunked ? position / window * window : max(0, position - window + 1)
    }

    /// The end of those that it sees.
    private func endKey(_ position: Int, _ block: Block) -> Int {
        if shape.isCausal { return position + 1 }
        guard let window = shape.window, !shape.isChunked else { return block.keys.upperBound }
        return min(block.keys.upperBound, position + window)
    }

    // MARK: Forward

    func fill() {
        forEachBlock { block, thread, scratch in
            fillScores(block, thread, scratch)
            let count = block.keys.count
            for (row, position) in block.queries.enumerated() {
                let scores = scratch + row * count
                let range = seen(position, block)
                var largest = sinks?.values[block.head] ?? -.infinity
                for key in range {
                    scores[key] = capped(scores[key]) + bias(block, position, key + block.keys.lowerBound)
                    largest = max(largest, scores[key])
                }
                var sum = sinks.map { expf($0.values[block.head] - largest) } ?? 0
                for key in range { sum += expf(scores[key] - largest) }
                let logarithm = largest + logf(sum)
                sums.row(block.start + position)[block.head] = logarithm
                for key in 0..<count { scores[key] = range.contains(key) ? expf(scores[key] - logarithm) : 0 }
            }
            multiply(
                scores(block, scratch), values(block), rows: block.queries.count, columns: shape.valueSize,
                depth: count,
                to: output.row(block.start + block.queries.lowerBound) + block.head * shape.valueSize,
                stride: output.width, adds: false, thread)
        }
    }

    /// The keys that a query sees, counted from the block's first.
    private func seen(_ position: Int, _ block: Block) -> Range<Int> {
        firstKey(position) - block.keys.lowerBound..<endKey(position, block) - block.keys.lowerBound
    }

    /// Scaled products of queries and keys, `[queries, keys]`.
    private func fillScores(_ block: Block, _ thread: Int, _ scratch: UnsafeMutablePointer<Float>) {
        let count = block.keys.count
        multiply(
            queries(block), keys(block).transposed, rows: block.queries.count, columns: count, depth: shape.headSize,
            to: scratch, stride: count, adds: false, thread)
        forEachBucket(block) { index, ofQuery, ofKey in
            scratch[index] +=
                (ofQuery.map { $0.rows.values[$0.place] } ?? 0) + (ofKey.map { $0.rows.values[$0.place] } ?? 0)
        }
        for index in 0..<block.queries.count * count { scratch[index] *= shape.scale }
    }

    /// Runs `body` for each query and key with the places of what both add by the bucket of their distance.
    private func forEachBucket(
        _ block: Block,
        _ body: (_ index: Int, _ ofQuery: (rows: TapedRows, place: Int)?, _ ofKey: (rows: TapedRows, place: Int)?) ->
            Void
    ) {
        guard let buckets else { return }
        var index = 0
        for query in block.queries {
            for key in block.keys {
                let distance = max(-buckets.reach, min(buckets.reach, key - query))
                let column = block.head * buckets.count + Int(buckets.buckets[buckets.reach + distance])
                body(
                    index, buckets.ofQueries.map { ($0, (block.start + query) * $0.width + column) },
                    buckets.ofKeys.map { ($0, (block.start + key) * $0.width + column) })
                index += 1
            }
        }
    }

    private func capped(_ score: Float) -> Float { shape.softCap.map { $0 * tanhf(score / $0) } ?? score }

    /// What is added to a score.
    private func bias(_ block: Block, _ query: Int, _ key: Int) -> Float {
        var bias: Float = 0
        if !shape.slopes.isEmpty {
            let slope = shape.slopes[block.head]
            bias =
                shape.roundedSlopeScale.map { $0 * (slope * Float(key)).roundedToBFloat }
                ?? -slope * Float(abs(key - query))
        }
        if let distanceBias { bias += distanceBias.values[distancePlace(distanceBias, block.head, key - query)] }
        return bias
    }

    private func distancePlace(_ biases: ParameterView, _ head: Int, _ distance: Int) -> Int {
        let reach = shape.distanceReach(biases.count)
        return head * (biases.count / shape.heads) + reach + max(-reach, min(reach, distance))
    }

    // MARK: Gradient

    func lead(_ gradient: UnsafeMutablePointer<Float>) {
        let queryGradient = queries.isTracked ? queries.openGradient() : nil
        let keyGradient = keys.isTracked ? keys.openGradient() : nil
        let valueGradient = values.isTracked ? values.openGradient() : nil
        let distanceGradient = distanceBias.flatMap { $0.isTrainable ? $0.gradient : nil }
        let sinkGradient = sinks.flatMap { $0.isTrainable ? $0.gradient : nil }
        let ofQueries = buckets?.ofQueries.flatMap { $0.isTracked ? $0.openGradient() : nil }
        let ofKeys = buckets?.ofKeys.flatMap { $0.isTracked ? $0.openGradient() : nil }
        forEachBlock { block, thread, scratch in
            let (count, rows, first) = (block.keys.count, block.queries.count, block.start + block.queries.lowerBound)
            let firstKey = block.start + block.keys.lowerBound
            let valueStart = block.head * shape.valueSize
            let outer = ProductOperand(values: gradient + first * output.width + valueStart, row: output.width)
            let (weights, changes) = (scratch, scratch + Self.block * count)
            multiply(
                outer, values(block).transposed, rows: rows, columns: count, depth: shape.valueSize, to: changes,
                stride: count, adds: false, thread)
            fillScores(block, thread, weights)
            for (row, position) in block.queries.enumerated() {
                let out = output.row(block.start + position) + valueStart
                let share = dot(out, outer.values + row * output.width, shape.valueSize)
                let logarithm = sums.row(block.start + position)[block.head]
                let (scores, change, range) = (weights + row * count, changes + row * count, seen(position, block))
                for key in 0..<count {
                    guard range.contains(key) else {
                        (scores[key], change[key]) = (0, 0)
                        continue
                    }
                    let score = capped(scores[key])
                    let place = key + block.keys.lowerBound
                    scores[key] = expf(score + bias(block, position, place) - logarithm)
                    var difference = scores[key] * (change[key] - share)
                    if let distanceBias, let distanceGradient {
                        distanceGradient[distancePlace(distanceBias, block.head, place - position)] += difference
                    }
                    if let cap = shape.softCap { difference *= 1 - score / cap * (score / cap) }
                    change[key] = difference * shape.scale
                }
                if let sinks, let sinkGradient {
                    sinkGradient[block.head] -= expf(sinks.values[block.head] - logarithm) * share
                }
            }
            forEachBucket(block) { index, ofQuery, ofKey in
                if let ofQueries, let ofQuery { ofQueries[ofQuery.place] += changes[index] }
                if let ofKeys, let ofKey { ofKeys[ofKey.place] += changes[index] }
            }
            let keyStart = block.head / group * shape.headSize
            if let valueGradient {
                multiply(
                    scores(block, weights).transposed, outer, rows: count, columns: shape.valueSize, depth: rows,
                    to: valueGradient + firstKey * values.width + block.head / group * shape.valueSize,
                    stride: values.width, adds: true, thread)
            }
            if let queryGradient {
                multiply(
                    scores(block, changes), keys(block), rows: rows, columns: shape.headSize, depth: count,
                    to: queryGradient + first * queries.width + block.head * shape.headSize, stride: queries.width,
                    adds: true, thread)
            }
            if let keyGradient {
                multiply(
                    scores(block, changes).transposed, queries(block), rows: count, columns: shape.headSize,
                    depth: rows,
                    to: keyGradient + firstKey * keys.width + keyStart, stride: keys.width, adds: true, thread)
            }
        }
    }

    // MARK: Operands

    private func queries(_ block: Block) -> ProductOperand {
        ProductOperand(
            values: queries.row(block.start + block.queries.lowerBound) + block.head * shape.headSize,
            row: queries.width)
    }

    private func keys(_ block: Block) -> ProductOperand {
        ProductOperand(
            values: keys.row(block.start + block.keys.lowerBound) + block.head / group * shape.headSize, row: keys.width
        )
    }

    private func values(_ block: Block) -> ProductOperand {
        ProductOperand(
            values: values.row(block.start + block.keys.lowerBound) + block.head / group * shape.valueSize,
            row: values.width)
    }

    private func scores(_ block: Block, _ scratch: UnsafeMutablePointer<Float>) -> ProductOperand {
        ProductOperand(values: scratch, row: block.keys.count)
    }

    private func multiply(
        _ a: ProductOperand, _ b: ProductOperand, rows: Int, columns: Int, depth: Int,
        to c: UnsafeMutablePointer<Float>, stride: Int, adds: Bool, _ thread: Int
    ) {
        var product = swiftlet_product(
            rows: rows, columns: columns, depth: depth, a, b, to: c, stride: stride, adds: adds,
            workspace: operations.workspace(thread))
        operations.kernels.product(&product)
    }
}
