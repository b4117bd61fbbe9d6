// The protocol documents these methods.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import CKernels

extension FastOperations {
    /// Tokens that are multiplied with a row group before the next group is read: their codes stay in the cache.
    private static let tokenBlock = 96

    public func project(_ input: Activations, _ matrices: [Matrix]) -> [Activations] {
        var outputs = multiply(input, matrices.map(\.packed))
        for (index, matrix) in matrices.enumerated() {
            guard let update = matrix.update else { continue }
            let change = multiply(multiply(input, [update.down])[0], [update.up])[0]
            add(change, scale: update.scale, to: &outputs[index])
        }
        return outputs
    }

    private func multiply(_ input: Activations, _ matrices: [PackedMatrix]) -> [Activations] {
        let outputs = matrices.map { make(input.tokens, $0.rows) }
        let activations = encode(input, needsCodes: matrices.contains(where: \.needsCodes))
        let work = Work(matrices: matrices, tokens: input.tokens, threads: pool.threads, tokenBlock: Self.tokenBlock)
        pool.run(work.items) { item, _ in
            work.forEachRange(of: item) { matrix, groups, tokens in
                withUnsafePointer(to: matrices[matrix].layout) { layout in
                    withUnsafePointer(to: activations) { activations in
                        kernels.multiply(
                            layout, groups.lowerBound, groups.upperBound, activations, tokens.lowerBound,
                            tokens.upperBound, outputs[matrix].values, outputs[matrix].width)
                    }
                }
            }
        }
        return outputs
    }

    /// The input as the kernels take it: rounded to 8-bit codes once for all matrices that want them.
    private func encode(_ input: Activations, needsCodes: Bool) -> swiftlet_activations {
        var activations = swiftlet_activations()
        activations.values = UnsafePointer(input.values)
        activations.width = input.width
        guard needsCodes else { return activations }
        let width = input.width
        let codes = arena.take(Int8.self, input.tokens * width)
        let scales = arena.take(Float.self, input.tokens * width / 32)
        let sums = arena.take(Float.self, input.tokens * width / 32)
        let halves = arena.take(Float.self, input.tokens * width / 16)
        forEachRow(input.tokens) { token in
            kernels.quantize(
                input.row(token), width, codes + token * width, scales + token * (width / 32),
                sums + token * (width / 32), halves + token * (width / 16))
        }
        activations.codes = UnsafePointer(codes)
        activations.scales = UnsafePointer(scales)
        activations.sums = UnsafePointer(sums)
        activations.halves = UnsafePointer(halves)
        return activations
    }

    /// Cuts the row groups of several matrices, laid end to end, and the tokens into items of about equal work.
    private struct Work {
        let groupCounts: [Int]
        let tokens: Int
        let tokenBlock: Int
        let chunk: Int
        let chunks: Int

        init(matrices: [PackedMatrix], tokens: Int, threads: Int, tokenBlock: Int) {
            groupCounts = matrices.map(\.groups)
            self.tokens = tokens
            self.tokenBlock = tokenBlock
            let groups = groupCounts.reduce(0, +)
            // One token is bound by memory: a large piece for each thread. Many tokens: smaller ones even out the load.
            let parts = tokens < 4 ? 2 * threads : 8 * threads
            chunk = threads == 1 ? max(groups, 1) : max(1, (groups + parts - 1) / parts)
            chunks = (groups + chunk - 1) / chunk
        }

        var items: Int { chunks * ((tokens + tokenBlock - 1) / tokenBlock) }

        func forEachRange(of item: Int, _ body: (_ matrix: Int, _ groups: Range<Int>, _ tokens: Range<Int>) -> Void) {
            let firstToken = item / chunks * tokenBlock
            let tokens = firstToken..<min(tokens, firstToken + tokenBlock)
            var (begin, end) = (item % chunks * chunk, (item % chunks + 1) * chunk)
            for (matrix, count) in groupCounts.enumerated() {
                if begin < count, end > 0 { body(matrix, max(begin, 0)..<min(end, count), tokens) }
                begin -= count
                end -= count
            }
        }
    }
}
