// The protocol documents these methods.
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

import CKernels

extension FastOperations {
    public func project(_ input: Activations, _ matrices: [Matrix]) -> [Activations] {
        project(input, matrices, filledBy: nil)
    }

    /// The products of `input`, whose rows `fill` makes first if it is given: a few at a time, so that they are still in the
    /// nearest cache when they are rounded.
    func project(_ input: Activations, _ matrices: [Matrix], filledBy fill: ((Int) -> Void)?) -> [Activations] {
        var outputs = multiply(input, matrices.map(\.packed), filledBy: fill)
        for index in matrices.indices {
            guard let update = matrices[index].update else { continue }
            let change = multiply(multiply(input, [update.down])[0], [update.up])[0]
            add(change, scale: update.scale, to: &outputs[index])
        }
        return outputs
    }

    private func multiply(
        _ input: Activations, _ matrices: [PackedMatrix], filledBy fill: ((Int) -> Void)? = nil
    ) -> [Activations] {
        multiply(input, matrices, rounds: matrices.map { rounds($0, tokens: input.tokens) }, filledBy: fill)
    }

    func multiply(
        _ input: Activations, _ matrices: [PackedMatrix], rounds: [Bool], filledBy fill: ((Int) -> Void)? = nil
    ) -> [Activations] {
        let outputs = matrices.map { make(input.tokens, $0.rows) }
        let forms = zip(matrices, rounds).map { Form($0, rounds: $1) }
        let activations = enter(input, forms: forms, filledBy: fill)
        let work = Work(matrices: matrices, tokens: input.tokens, threads: pool.threads)
        let scratchBytes = zip(matrices, forms).lazy.filter(\.1.isRounded).map(\.0.workspaceBytes).max() ?? 0
        let scratch = arena.take(UInt8.self, scratchBytes * pool.threads)
        pool.run(work.items) { item, thread in
            work.forEachRange(of: item) { matrix, groups, tokens in
                withUnsafePointer(to: matrices[matrix].layout) { layout in
                    withUnsafePointer(to: activations) { activations in
                        let (out, stride) = (outputs[matrix].values, outputs[matrix].width)
                        if forms[matrix].isRounded {
                            kernels.multiply_rounded(
                                layout, groups.lowerBound, groups.upperBound, activations, tokens.lowerBound,
                                tokens.upperBound, out, stride, scratch + thread * scratchBytes)
                        } else {
                            kernels.multiply(
                                layout, groups.lowerBound, groups.upperBound, activations, tokens.lowerBound,
                                tokens.upperBound, out, stride)
                        }
                    }
                }
            }
        }
        return outputs
    }

    private func rounds(_ matrix: PackedMatrix, tokens: Int) -> Bool {
        let usual: Int
        switch matrix.layout.kind {
        case SWIFTLET_CODES: usual = roundedTokens.codes
        case SWIFTLET_DENSE_F16, SWIFTLET_DENSE_BF16: usual = roundedTokens.floats
        default: return false
        }
        // Small matrices never go by the measurement: the first run, which makes it midway, gives what later ones give.
        guard usual < .max, KernelTuning.tied.contains(tokens), tuning != nil,
            matrix.rows * matrix.columns >= KernelTuning.leastWeights
        else { return tokens >= usual }
        let layout = matrix.layoutDescription
        if let measured = tuning?[layout] { return tokens >= measured }
        let measured = measureRoundedTokens(matrix)
        tuning?[layout] = measured
        return tokens >= measured
    }

    /// How a matrix takes its input; with its weights rounded or not.
    private enum Form {
        case values, bfloats, codes, roundedCodes

        init(_ matrix: PackedMatrix, rounds: Bool) {
            let isCodes = matrix.layout.kind == SWIFTLET_CODES
            self = isCodes ? (rounds ? .roundedCodes : .codes) : (rounds ? .bfloats : .values)
        }

        var isRounded: Bool { self == .bfloats || self == .roundedCodes }
    }

    /// The input as the kernels take it, once for all matrices that want the same form.
    private func enter(
        _ input: Activations, forms: [Form], filledBy fill: ((Int) -> Void)?
    ) -> swiftlet_activations {
        let (tokens, width) = (input.tokens, input.width)
        var activations = swiftlet_activations()
        activations.width = width
        let tile = min(tokens, Int(SWIFTLET_TILE_TOKENS))
        activations.tile = tile
        let room = tile > 0 ? (tokens + tile - 1) / tile * tile : 0
        // The values of one token are in their places already.
        if tokens == 1 { activations.values = input.values }
        let copiesValues = forms.contains(.values) && tokens > 1
        let entersFloats = forms.contains(.bfloats)
        let entersCodes = forms.contains(.codes) || forms.contains(.roundedCodes)
        if copiesValues { activations.values = arena.take(Float.self, room * width) }
        if entersFloats { activations.bfloats = arena.take(UInt16.self, room * (width + 1)) }
        if entersCodes {
            activations.codes = arena.take(Int8.self, room * width)
            activations.scales = arena.take(Float.self, room * width / 32)
            activations.offsets = arena.take(Int32.self, room * width / 32)
            if forms.contains(.codes) { activations.sums = arena.take(Float.self, room * width / 16) }
        }
        withUnsafePointer(to: activations) { activations in
            // Threads share no tile, since tokens of one stand side by side; of the codes of few tiles they share the columns.
            let (blocks, tiles) = (width / 32, room / max(tile, 1))
            let shares = tokens >= 4 ? max(1, 2 * pool.threads / max(tiles, 1)) : 1
            let parts = entersCodes ? shares : 1
            if let fill, shares > 1 { forEachRow(tokens, width: width, fill) }
            pool.run(tiles * parts) { item, _ in
                let (first, part) = (item / parts * tile, item % parts)
                let (count, values) = (min(tile, tokens - first), input.row(first))
                if let fill, shares == 1 { for token in first..<first + count { fill(token) } }
                if copiesValues, part == 0 { kernels.enter_values(activations, first, count, values, width) }
                if entersFloats, part == 0 { kernels.enter_bfloats(activations, first, count, values, width) }
                guard entersCodes else { return }
                kernels.enter_codes(
                    activations, first, count, part * blocks / parts, (part + 1) * blocks / parts, values, width)
            }
        }
        return activations
    }

    /// Cuts the row groups of several matrices, laid end to end, and the tokens into items of about equal work.
    private struct Work {
        let groupCounts: [Int]
        let groups: Int
        let tokens: Int
        let chunks: Int

        /// Tokens that are multiplied with a row group before the next group is read: their codes stay in the cache.
        static let tokenBlock = 264

        init(matrices: [PackedMatrix], tokens: Int, threads: Int) {
            groupCounts = matrices.map(\.groups)
            groups = groupCounts.reduce(0, +)
            self.tokens = tokens
            // One token is bound by memory: large pieces. Many tokens: small ones even out the load.
            chunks = threads == 1 ? 1 : min(groups, (tokens < 4 ? 4 : 16) * threads)
        }

        var items: Int { chunks * ((tokens + Self.tokenBlock - 1) / Self.tokenBlock) }

        func forEachRange(of item: Int, _ body: (_ matrix: Int, _ groups: Range<Int>, _ tokens: Range<Int>) -> Void) {
            let firstToken = item / chunks * Self.tokenBlock
            let tokens = firstToken..<min(tokens, firstToken + Self.tokenBlock)
            let chunk = item % chunks
            var (begin, end) = (groups * chunk / chunks, groups * (chunk + 1) / chunks)
            for (matrix, count) in groupCounts.enumerated() {
                if begin < count, end > 0 { body(matrix, max(begin, 0)..<min(end, count), tokens) }
                begin -= count
                end -= count
            }
        }
    }
}
