// The protocol documents these methods.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import CKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension FastOperations {
    /// Queries of one key/value head that share each page they read.
    private static let queryRows = 32

    public func reserve(_ cache: SequenceCache, positions: Range<Int>) { cache.reserve(positions) }

    public func store(keys: Activations, values: Activations, layer: Int, spans: [BatchSpan<SequenceCache>]) {
        let caches = layerCaches(layer, spans)
        for (index, span) in spans.enumerated() {
            for (row, position) in zip(span.rows, span.positions) {
                kernels.store(caches + index, position, keys.row(row), values.row(row))
            }
        }
    }

    public func attend(
        _ queries: Activations, far: FarQueries<Activations>?, attention: AttentionShape, layer: Int,
        spans: [BatchSpan<SequenceCache>]
    ) -> Activations {
        let output = make(queries.tokens, attention.heads * attention.valueSize)
        let group = attention.heads / attention.keyValueHeads
        let tokenBlock = max(1, Self.queryRows / group)
        let caches = layerCaches(layer, spans)
        guard !spans.isEmpty else { return output }
        let workspaceCount = swiftlet_attention_workspace(Int32(group * tokenBlock), caches)
        let workspaces = arena.take(Float.self, workspaceCount * pool.threads)
        let turns = far.map { keyTurns($0, end: spans.map(\.positions.upperBound).max() ?? 0) }
        let (slopes, distances) = (copy(attention.slopes), copy(attention.distances))
        // Later blocks see more keys: beginning with them evens out the threads.
        let blocks =
            spans.enumerated().flatMap { index, span in
                stride(from: span.rows.lowerBound, to: span.rows.upperBound, by: tokenBlock).map {
                    (span: index, token: $0)
                }
            }.reversed() as [(span: Int, token: Int)]
        pool.run(blocks.count * attention.keyValueHeads) { item, thread in
            let (block, head) = (blocks[item / attention.keyValueHeads], item % attention.keyValueHeads)
            let (span, firstHead) = (spans[block.span], head * group)
            var zones = (swiftlet_zone(), swiftlet_zone())
            zones.0.queries = UnsafePointer(queries.row(block.token) + firstHead * attention.headSize)
            zones.0.window = attention.window ?? 0
            if let far, let turns {
                zones.1.queries = UnsafePointer(far.queries.row(block.token) + firstHead * attention.headSize)
                zones.1.skip = zones.0.window
                zones.1.limit = far.limit ?? 0
                turns.near.set(&zones.0)
                turns.far?.set(&zones.1)
            }
            var request = swiftlet_queries()
            request.zone_count = far == nil ? 1 : 2
            request.query_stride = queries.width
            request.outputs = output.row(block.token) + firstHead * attention.valueSize
            request.output_stride = output.width
            request.tokens = Int32(min(tokenBlock, span.rows.upperBound - block.token))
            request.heads = Int32(group)
            request.key_value_head = Int32(head)
            request.first_position = span.firstPosition + block.token - span.rows.lowerBound
            request.visible = attention.isCausal ? 0 : span.positions.upperBound
            request.scale = attention.scale
            request.soft_cap = attention.softCap ?? 0
            request.rounded_scale = attention.roundedSlopeScale ?? 0
            request.reach = attention.distanceReach
            request.slopes = slopes.map { $0 + firstHead }
            request.distances = distances.map { $0 + firstHead * (2 * attention.distanceReach + 1) }
            request.workspace = workspaces + thread * workspaceCount
            withUnsafePointer(to: &zones) { zones in
                zones.withMemoryRebound(to: swiftlet_zone.self, capacity: 2) { zones in
                    request.zones = zones
                    kernels.attend(caches + block.span, &request)
                }
            }
        }
        return output
    }

    /// One layer's cache of each sequence, in the arena.
    private func layerCaches(
        _ layer: Int, _ spans: [BatchSpan<SequenceCache>]
    ) -> UnsafeMutablePointer<swiftlet_cache> {
        let caches = arena.take(swiftlet_cache.self, spans.count)
        for (index, span) in spans.enumerated() {
            guard let table = span.cache.layout.table(of: layer) else { continue }
            let source = span.cache.pointers[table]
            let pointers = arena.take(UnsafeMutableRawPointer?.self, source.count)
            pointers.update(from: source, count: source.count)
            caches[index] = span.cache.layout.cache(layer: layer, pages: pointers)
        }
        return caches
    }

    private func copy(_ values: [Float]) -> UnsafePointer<Float>? {
        values.isEmpty ? nil : UnsafePointer(constant(values, width: values.count).values)
    }

    /// Angles of all keys in the arena, `[pages, pairs, 32]`.
    private struct KeyTurns {
        let cosines: UnsafeMutablePointer<Float>
        let sines: UnsafeMutablePointer<Float>
        let pairs: Int
        let isAdjacent: Bool

        func set(_ zone: inout swiftlet_zone) {
            zone.cosines = UnsafePointer(cosines)
            zone.sines = UnsafePointer(sines)
            zone.pairs = Int32(pairs)
            zone.adjacent = isAdjacent
        }
    }

    private func keyTurns(_ far: FarQueries<Activations>, end: Int) -> (near: KeyTurns, far: KeyTurns?) {
        func turns(divisor: Int) -> KeyTurns {
            let (size, pairs) = (CacheLayout.pageTokens, far.inverseFrequencies.count)
            let pages = (end + size - 1) / size
            let turns = KeyTurns(
                cosines: arena.take(Float.self, pages * pairs * size),
                sines: arena.take(Float.self, pages * pairs * size), pairs: pairs,
                isAdjacent: far.layout == .adjacent)
            forEachRow(pages) { page in
                for (pair, frequency) in far.inverseFrequencies.enumerated() {
                    for token in 0..<size {
                        let angle = Float((page * size + token) / divisor) * frequency
                        turns.cosines[(page * pairs + pair) * size + token] = cosf(angle)
                        turns.sines[(page * pairs + pair) * size + token] = sinf(angle)
                    }
                }
            }
            return turns
        }
        return (turns(divisor: 1), far.farDivisor > 0 ? turns(divisor: far.farDivisor) : nil)
    }
}
