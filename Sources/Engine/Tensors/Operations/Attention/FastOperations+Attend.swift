// The protocol documents these methods.

import CKernels

extension FastOperations {
    package func reserve(_ cache: SequenceCache, positions: Range<Int>) { cache.reserve(positions) }

    package func store(keys: Activations, values: Activations, layer: Int, spans: [BatchSpan<SequenceCache>]) {
        let caches = layerCaches(layer, spans)
        guard let cache = spans.indices.first.map({ caches[$0] }) else { return }
        let (heads, keySize, valueSize) = (cache.key_value_heads, Int(cache.key_size), Int(cache.value_size))
        // Rows that go to the same page.
        var pieces: [(span: Int, row: Int, position: Int, count: Int)] = []
        for (index, span) in spans.enumerated() {
            var position = span.firstPosition
            while position < span.positions.upperBound {
                let pageEnd = (position / CacheLayout.pageTokens + 1) * CacheLayout.pageTokens
                let end = min(pageEnd, span.positions.upperBound)
                let row = span.rows.lowerBound + position - span.firstPosition
                pieces.append((index, row, position, end - position))
                position = end
            }
        }
        func store(_ piece: Int, _ head: Int32) {
            let (span, row, position, count) = pieces[piece]
            kernels.store(
                caches + span, head, position, Int32(count), keys.row(row) + Int(head) * keySize, keys.width,
                values.row(row) + Int(head) * valueSize, values.width)
        }
        if keys.tokens < 4 {
            for piece in pieces.indices { for head in 0..<heads { store(piece, head) } }
        } else {
            pool.runUnchecked(pieces.count * Int(heads)) { item, _ in store(item / Int(heads), Int32(item % Int(heads)))
            }
        }
    }

    package func attend(
        _ queries: Activations, far: FarQueries<Activations>?, shape: AttentionShape, distanceBias: [Float]?,
        sinks: [Float]?, buckets: BucketScores<Activations>?, layer: Int, spans: [BatchSpan<SequenceCache>]
    ) -> Activations {
        let output = make(queries.tokens, shape.heads * shape.valueSize)
        guard !spans.isEmpty else { return output }
        let turns = far.map { keyTurns($0, end: spans.map(\.positions.upperBound).max() ?? 0) }
        let job = AttentionJob(
            queries: queries, far: far, turns: turns, shape: shape, output: output, spans: spans,
            caches: layerCaches(layer, spans), slopes: copy(shape.slopes), distances: copy(distanceBias ?? []),
            sinks: copy(sinks ?? []), bucketScores: buckets, buckets: copy(buckets?.buckets ?? []),
            distanceReach: shape.distanceReach(distanceBias?.count ?? 0),
            keyBiases: spans.contains { $0.keyBiases != nil } ? spans.map { copy($0.keyBiases ?? []) } : [],
            roundedTokens: roundedTokens.attention)
        let plan = AttentionPlan(shape, spans: spans, threads: pool.threads, canDivide: far == nil)
        let (rows, heads) = (Int32(plan.blockRows * job.group), shape.keyValueHeads)
        let workspaceCount = swiftlet_attention_workspace(rows, job.caches)
        let workspaces = arena.take(Float.self, workspaceCount * pool.threads)
        let partSize = swiftlet_attention_part(rows, job.caches)
        let parts = arena.take(Float.self, partSize * plan.partCount)
        pool.runUnchecked(plan.items.count) { index, thread in
            let item = plan.items[index]
            let block = plan.blocks[item.block]
            job.withRequest(block, head: item.head, workspace: workspaces + thread * workspaceCount) { cache, request in
                guard let stretches = item.stretches, let firstPart = block.firstPart else {
                    return kernels.attend(cache, request)
                }
                let size = swiftlet_attention_part(Int32(block.rows.count * job.group), cache)
                let first = parts + (firstPart + item.head * block.stretches.count) * partSize
                for stretch in stretches {
                    let part = first + (stretch - block.stretches.lowerBound) * size
                    kernels.attend_part(cache, request, stretch, part)
                }
            }
        }
        guard plan.partCount > 0 else { return output }
        pool.runUnchecked(plan.blocks.count * heads) { index, thread in
            let (block, head) = (plan.blocks[index / heads], index % heads)
            guard let firstPart = block.firstPart else { return }
            let first = parts + (firstPart + head * block.stretches.count) * partSize
            job.withRequest(block, head: head, workspace: workspaces + thread * workspaceCount) { cache, request in
                kernels.join_parts(cache, request, first, block.stretches.count)
            }
        }
        return output
    }

    /// What all parts of one attention have in common.
    private struct AttentionJob {
        let queries: Activations
        let far: FarQueries<Activations>?
        let turns: (near: KeyTurns, far: KeyTurns?)?
        let shape: AttentionShape
        let output: Activations
        let spans: [BatchSpan<SequenceCache>]
        let caches: UnsafeMutablePointer<swiftlet_cache>
        let slopes: UnsafePointer<Float>?
        let distances: UnsafePointer<Float>?
        let sinks: UnsafePointer<Float>?
        let bucketScores: BucketScores<Activations>?
        let buckets: UnsafePointer<Int32>?
        let distanceReach: Int
        /// Of each span; empty where no span has any.
        let keyBiases: [UnsafePointer<Float>?]
        let roundedTokens: Int

        var group: Int { shape.heads / shape.keyValueHeads }

        /// Calls `body` with the request for the queries of one block that see one key/value head.
        func withRequest(
            _ block: AttentionPlan.Block, head: Int, workspace: UnsafeMutablePointer<Float>,
            _ body: (UnsafePointer<swiftlet_cache>, UnsafePointer<swiftlet_queries>) -> Void
        ) {
            let (row, firstHead) = (block.rows.lowerBound, head * group)
            var zones = (swiftlet_zone(), swiftlet_zone())
            zones.0.queries = UnsafePointer(queries.row(row) + firstHead * shape.headSize)
            zones.0.window = shape.window ?? 0
            zones.0.chunk = shape.isChunked ? zones.0.window : 0
            if let far, let turns {
                zones.1.queries = UnsafePointer(far.queries.row(row) + firstHead * shape.headSize)
                zones.1.skip = zones.0.window
                zones.1.limit = far.limit ?? 0
                turns.near.set(&zones.0, isAdjacent: far.layout == .adjacent)
                turns.far?.set(&zones.1, isAdjacent: far.layout == .adjacent)
            }
            var request = swiftlet_queries()
            request.zone_count = far == nil ? 1 : 2
            request.query_stride = queries.width
            request.outputs = output.row(row) + firstHead * shape.valueSize
            request.output_stride = output.width
            request.tokens = Int32(block.rows.count)
            request.heads = Int32(group)
            request.key_value_head = Int32(head)
            request.first_position = spans[block.span].firstPosition + row - spans[block.span].rows.lowerBound
            request.is_exact = spans[block.span].rows.count < roundedTokens
            let span = spans[block.span]
            request.begin = shape.readsSource ? 0 : span.sourceCount
            request.visible = shape.isCausal ? 0 : span.positions.upperBound
            if shape.readsSource { request.visible = span.sourceCount }
            request.scale = shape.scale
            request.soft_cap = shape.softCap ?? 0
            request.rounded_scale = shape.roundedSlopeScale ?? 0
            request.reach = distanceReach
            request.slopes = slopes.map { $0 + firstHead }
            request.distances = distances.map { $0 + firstHead * (2 * distanceReach + 1) }
            request.sinks = sinks.map { $0 + firstHead }
            if !keyBiases.isEmpty {
                request.key_biases = keyBiases[block.span]
                request.key_bias_count = spans[block.span].keyBiases?.count ?? 0
            }
            request.workspace = workspace
            setBuckets(&request, row: row, firstRow: spans[block.span].rows.lowerBound, firstHead: firstHead)
            withUnsafePointer(to: &zones) { zones in
                zones.withMemoryRebound(to: swiftlet_zone.self, capacity: 2) { zones in
                    request.zones = zones
                    body(caches + block.span, &request)
                }
            }
        }

        /// Adds what queries from `row` on and the keys of their text, from `firstRow` on, say of buckets.
        private func setBuckets(_ request: inout swiftlet_queries, row: Int, firstRow: Int, firstHead: Int) {
            guard let scores = bucketScores else { return }
            let column = firstHead * scores.count
            request.query_buckets = scores.ofQueries.map { UnsafePointer($0.row(row) + column) }
            request.key_buckets = scores.ofKeys.map { UnsafePointer($0.row(firstRow) + column) }
            request.bucket_stride = shape.heads * scores.count
            request.bucket_count = scores.count
            request.buckets = buckets
            request.bucket_reach = scores.reach
        }
    }

    private func copy(_ values: [Int32]) -> UnsafePointer<Int32>? {
        guard !values.isEmpty else { return nil }
        let copy = arena.take(Int32.self, values.count)
        copy.update(from: values, count: values.count)
        return UnsafePointer(copy)
    }

    /// One layer's cache of each sequence, in the arena.
    private func layerCaches(
        _ layer: Int, _ spans: [BatchSpan<SequenceCache>]
    ) -> UnsafeMutablePointer<swiftlet_cache> {
        let caches = arena.take(swiftlet_cache.self, spans.count)
        for (index, span) in spans.enumerated() {
            caches[index] = span.cache.cache(layer: layer) ?? swiftlet_cache()
        }
        return caches
    }

    private func copy(_ values: [Float]) -> UnsafePointer<Float>? {
        values.isEmpty ? nil : UnsafePointer(constant(values, width: values.count).values)
    }

    /// The angles of all keys below `end`.
    private func keyTurns(_ far: FarQueries<Activations>, end: Int) -> (near: KeyTurns, far: KeyTurns?) {
        func turns(divisor: Int) -> KeyTurns {
            let angles = KeyTurns.Angles(inverseFrequencies: far.inverseFrequencies, divisor: divisor)
            let turns = keyTurns[angles] ?? KeyTurns(angles)
            // A model has a pair of them; whatever asks for ever new ones does not fill the memory.
            if keyTurns.count > 16 { keyTurns = [:] }
            keyTurns[angles] = turns
            turns.extend(to: end) { count, body in forEachRow(count, body) }
            return turns
        }
        return (turns(divisor: 1), far.farDivisor > 0 ? turns(divisor: far.farDivisor) : nil)
    }
}
