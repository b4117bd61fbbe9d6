// The protocol documents these methods.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import CKernels

extension FastOperations {
    /// Queries of one key/value head that share each page they read.
    private static let queryRows = 32

    public func attend(
        _ queries: Activations, keys: Activations, values: Activations, attention: AttentionShape, layer: Int,
        spans: [BatchSpan<PagedCache>]
    ) -> Activations {
        let output = make(queries.tokens, queries.width)
        let group = attention.heads / attention.keyValueHeads
        let tokenBlock = max(1, Self.queryRows / group)
        let workspaceCount = swiftlet_attention_workspace(Int32(group * tokenBlock), Int32(attention.headSize))
        let workspaces = arena.take(Float.self, workspaceCount * pool.threads)
        let caches = arena.take(swiftlet_cache.self, spans.count)
        var blocks: [(span: Int, token: Int)] = []
        for (index, span) in spans.enumerated() {
            let pointers = arena.take(UnsafeMutableRawPointer?.self, span.cache.pointers.count)
            pointers.update(from: span.cache.pointers, count: span.cache.pointers.count)
            caches[index] = span.cache.layout.cache(layer: layer, pages: pointers)
            for (offset, row) in span.rows.enumerated() {
                kernels.store(caches + index, span.firstPosition + offset, keys.row(row), values.row(row))
            }
            blocks += stride(from: span.rows.lowerBound, to: span.rows.upperBound, by: tokenBlock).map { (index, $0) }
        }
        // Later blocks see more keys: beginning with them evens out the threads.
        blocks.reverse()
        pool.run(blocks.count * attention.keyValueHeads) { item, thread in
            let (block, head) = (blocks[item / attention.keyValueHeads], item % attention.keyValueHeads)
            let span = spans[block.span]
            let column = head * group * attention.headSize
            var request = swiftlet_queries()
            request.queries = UnsafePointer(queries.row(block.token) + column)
            request.query_stride = queries.width
            request.outputs = output.row(block.token) + column
            request.tokens = Int32(min(tokenBlock, span.rows.upperBound - block.token))
            request.heads = Int32(group)
            request.key_value_head = Int32(head)
            request.first_position = span.firstPosition + block.token - span.rows.lowerBound
            request.window = attention.window ?? 0
            request.scale = attention.scale
            request.soft_cap = attention.softCap ?? 0
            request.workspace = workspaces + thread * workspaceCount
            kernels.attend(caches + block.span, &request)
        }
        return output
    }
}
