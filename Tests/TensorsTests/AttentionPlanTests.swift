import Testing

@testable import Tensors

/// How attention is shared out: keys are converted once for each block, so blocks must not be many where keys are.
@Suite struct AttentionPlanTests {
    private func plan(_ rows: Int, behind depth: Int, beside streams: Int = 0, window: Int? = nil) -> AttentionPlan {
        let shape = AttentionShape(heads: 9, keyValueHeads: 3, headSize: 64, window: window)
        let layout = CacheLayout(layers: [.init(attention: .init(heads: 3, keySize: 64, valueSize: 64))], type: .f16)
        var spans = (0..<streams).map {
            BatchSpan(rows: $0..<$0 + 1, firstPosition: 50, cache: SequenceCache(layout: layout))
        }
        spans.append(
            BatchSpan(rows: streams..<streams + rows, firstPosition: depth, cache: SequenceCache(layout: layout)))
        return AttentionPlan(shape, spans: spans, threads: 2, canDivide: true)
    }

    @Test(arguments: [0, 8]) func aPieceOfALongPromptIsOneBlock(streams: Int) {
        let plan = plan(40, behind: 6000, beside: streams)
        #expect(plan.blocks.count == streams + 1)
        // Its stretches of keys are shared out, so that both threads have enough to do.
        #expect(plan.items.count { plan.blocks[$0.block].rows.count == 40 } >= 12)
    }

    @Test func queriesAreSharedOutWhereKeysAreFew() {
        #expect(plan(40, behind: 0).blocks.count > 3)
        #expect(plan(40, behind: 6000, window: 512).blocks.count > 3)
    }
}
