// The protocol documents these methods.

import CKernels

extension FastOperations {
    package func project(_ input: Activations, _ matrices: [Matrix]) -> [Activations] {
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
        if !adapterRows.isEmpty { addAdapters(input, matrices, to: outputs) }
        observer?(input, matrices)
        return outputs
    }

    /// The products of `input` with each matrix, whose weights are rounded, or not, as `rounds` says or as is usual.
    func multiply(
        _ input: Activations, _ matrices: [PackedMatrix], rounds: Bool? = nil, filledBy fill: ((Int) -> Void)? = nil
    ) -> [Activations] {
        let products = matrices.map { matrix in
            Product(
                matrix, rounds: rounds ?? self.rounds(matrix, tokens: input.tokens),
                output: make(input.tokens, matrix.rows))
        }
        let activations = enter(input, forms: products.lazy.map(\.form), filledBy: fill)
        let work = Work(groups: products.reduce(0) { $0 + $1.groups }, tokens: input.tokens, threads: pool.threads)
        let scratchBytes = products.lazy.filter(\.form.isRounded).map(\.matrix.workspaceBytes).max() ?? 0
        let scratch = arena.take(UInt8.self, scratchBytes * pool.threads)
        withUnsafePointer(to: activations) { activations in
            products.withUnsafeBufferPointer { products in
                pool.runUnchecked(work.items) { item, thread in
                    let (groups, tokens) = work.ranges(of: item)
                    var first = 0
                    // By index, since a copy would count references in every item.
                    for index in products.indices {
                        let (layout, output) = (products[index].layout, products[index].output)
                        let part = groups.clamped(to: first..<first + products[index].groups)
                        let (begin, end) = (part.lowerBound - first, part.upperBound - first)
                        first += products[index].groups
                        guard begin < end else { continue }
                        if products[index].form.isRounded {
                            kernels.multiply_rounded(
                                layout, begin, end, activations, tokens.lowerBound, tokens.upperBound, output.values,
                                output.width, scratch + thread * scratchBytes)
                        } else {
                            kernels.multiply(
                                layout, begin, end, activations, tokens.lowerBound, tokens.upperBound, output.values,
                                output.width)
                        }
                    }
                }
            }
        }
        return products.map(\.output)
    }

    /// One matrix's part in a multiplication.
    private struct Product {
        let matrix: PackedMatrix
        let layout: UnsafePointer<swiftlet_matrix>
        let groups: Int
        let form: Form
        let output: Activations

        init(_ matrix: PackedMatrix, rounds: Bool, output: Activations) {
            (self.matrix, layout, groups, self.output) = (matrix, matrix.layout, matrix.groups, output)
            form = Form(matrix, rounds: rounds)
        }
    }

    private func rounds(_ matrix: PackedMatrix, tokens: Int) -> Bool {
        let usual: Int
        switch matrix.layout.pointee.kind {
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
            let isCodes = matrix.layout.pointee.kind == SWIFTLET_CODES
            self = isCodes ? (rounds ? .roundedCodes : .codes) : (rounds ? .bfloats : .values)
        }

        var isRounded: Bool { self == .bfloats || self == .roundedCodes }
    }

    /// The input as the kernels take it, once for all matrices that want the same form.
    private func enter(
        _ input: Activations, forms: some Collection<Form>, filledBy fill: ((Int) -> Void)?
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
            pool.runUnchecked(tiles * parts) { item, _ in
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

    /// Tokens that are multiplied with a row group before the next group is read: their codes stay in the cache.
    package static let tokenBlock = 264

    /// Cuts the row groups of several matrices, laid end to end, and the tokens into items of about equal work.
    private struct Work {
        let groups: Int
        let tokens: Int
        let chunks: Int

        init(groups: Int, tokens: Int, threads: Int) {
            (self.groups, self.tokens) = (groups, tokens)
            // One token is bound by memory: large pieces. Many tokens: small ones even out the load.
            chunks = threads == 1 ? 1 : min(groups, (tokens < 4 ? 4 : 16) * threads)
        }

        var items: Int { chunks * ((tokens + FastOperations.tokenBlock - 1) / FastOperations.tokenBlock) }

        func ranges(of item: Int) -> (groups: Range<Int>, tokens: Range<Int>) {
            let (chunk, firstToken) = (item % chunks, item / chunks * FastOperations.tokenBlock)
            return (
                groups * chunk / chunks..<groups * (chunk + 1) / chunks,
                firstToken..<min(tokens, firstToken + FastOperations.tokenBlock)
            )
        }
    }
}
