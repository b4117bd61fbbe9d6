// The protocol documents these methods.

import CKernels
import Platform

extension FastOperations {
    package func normalize(_ input: Activations, _ norm: Norm<[Float]>, groups: Int) -> Activations {
        normalizing(input, norm, groups: groups) { output, fill in
            forEachRow(input.tokens, width: input.width, fill)
            return output
        }
    }

    package func project(normalizing input: Activations, _ norm: Norm<[Float]>, _ matrices: [Matrix]) -> [Activations] {
        normalizing(input, norm, groups: 1) { output, fill in
            withoutActuallyEscaping(fill) { project(output, matrices, filledBy: $0) }
        }
    }

    /// Calls `body` with room for normalized rows, and with what fills a row.
    private func normalizing<Result>(
        _ input: Activations, _ norm: Norm<[Float]>, groups: Int,
        _ body: (_ output: Activations, _ fill: (Int) -> Void) -> Result
    ) -> Result {
        let (output, width) = (make(input.tokens, input.width), input.width / groups)
        let (weight, bias) = (norm.weight ?? [], norm.bias ?? [])
        let (weightStep, biasStep) = (weight.count == width ? 0 : width, bias.count == width ? 0 : width)
        return weight.withUnsafeBufferPointer { weight in
            bias.withUnsafeBufferPointer { bias in
                body(output) { token in
                    for group in 0..<groups {
                        let (values, out) = (input.row(token) + group * width, output.row(token) + group * width)
                        let factors = weight.isEmpty ? nil : weight.baseAddress.map { $0 + group * weightStep }
                        let offsets = bias.isEmpty ? nil : bias.baseAddress.map { $0 + group * biasStep }
                        switch norm.kind {
                        case .rootMeanSquare: kernels.rms_norm(values, factors, width, norm.epsilon, out)
                        case .deviation: kernels.layer_norm(values, factors, offsets, width, norm.epsilon, out)
                        }
                    }
                }
            }
        }
    }

    package func add(_ other: Activations, scale: Float, to target: inout Activations) {
        let target = target
        forEachRow(target.tokens, width: target.width) { token in
            kernels.add(target.row(token), other.row(token), scale, target.width)
        }
    }

    package func gate(_ gate: Activations, _ up: Activations?, _ activation: Activation) -> Activations {
        let output = make(gate.tokens, gate.width)
        forEachRow(gate.tokens) { fillGated($0, of: output, gate, up, activation) }
        return output
    }

    package func project(
        gating gate: Activations, _ up: Activations?, _ activation: Activation, _ matrix: Matrix
    ) -> Activations {
        let output = make(gate.tokens, gate.width)
        return project(output, [matrix]) { self.fillGated($0, of: output, gate, up, activation) }[0]
    }

    private func fillGated(
        _ token: Int, of output: Activations, _ gate: Activations, _ up: Activations?, _ activation: Activation
    ) {
        kernels.gate(activation.kernel, gate.row(token), up?.row(token), gate.width, output.row(token))
    }

    package func transform(_ input: inout Activations, _ function: ValueFunction) {
        let input = input
        forEachRow(input.tokens) { token in
            let row = input.buffer(ofRow: token)
            func scale(_ factor: Float) { for index in row.indices { row[index] *= factor } }
            switch function {
            case .scale(let factor): scale(factor)
            case .clamp(let limit): for index in row.indices { row[index] = max(-limit, min(limit, row[index])) }
            case .softCap(let cap):
                scale(1 / cap)
                kernels.gate(SWIFTLET_TANH, row.baseAddress, nil, row.count, row.baseAddress)
                scale(cap)
            case .add(let addend): for index in row.indices { row[index] += addend }
            case .limit(let limit): for index in row.indices { row[index] = min(limit, row[index]) }
            case .atLeast(let limit): for index in row.indices { row[index] = max(limit, row[index]) }
            case .xielu(let positive, let negative, let slope):
                for index in row.indices {
                    let value = row[index]
                    row[index] =
                        value > 0
                        ? value * (positive * value + slope)
                        : negative * (expm1f(min(value, -1e-6)) - value) + slope * value
                }
            }
        }
    }

    package func multiplyRows(_ input: inout Activations, by factors: Activations) {
        let input = input
        forEachRow(input.tokens) { token in
            let (row, factor) = (input.buffer(ofRow: token), factors.values[token])
            for index in row.indices { row[index] *= factor }
        }
    }

    package func interpolate(_ input: Activations, _ other: Activations, weight: [Float]) -> Activations {
        let output = make(input.tokens, input.width)
        forEachRow(input.tokens) { token in
            let (first, second, out) = (input.row(token), other.row(token), output.row(token))
            for c in 0..<input.width { out[c] = first[c] * weight[c] + second[c] * (1 - weight[c]) }
        }
        return output
    }

    package func addRows(
        _ other: Activations, factors: Activations?, to rows: [Int], of target: inout Activations
    ) {
        let target = target
        forEachRow(rows.count) { index in
            kernels.add(target.row(rows[index]), other.row(index), factors?.values[index] ?? 1, target.width)
        }
    }

    package func joinHeads(shared: Activations, each: Activations, heads: Int) -> Activations {
        let own = each.width / heads
        let size = shared.width + own
        let output = make(each.tokens, heads * size)
        forEachRow(each.tokens) { token in
            for head in 0..<heads {
                let out = output.row(token) + head * size
                out.update(from: shared.row(token), count: shared.width)
                (out + shared.width).update(from: each.row(token) + head * own, count: own)
            }
        }
        return output
    }

    package func makeRotation(positions: [Int], inverseFrequencies: [[Float]], scale: Float) -> Rotation {
        let pairs = inverseFrequencies.first?.count ?? 0
        let rotation = Rotation(
            cosines: arena.take(Float.self, positions.count * pairs),
            sines: arena.take(Float.self, positions.count * pairs), pairs: pairs)
        forEachRow(positions.count) { token in
            for (pair, frequency) in inverseFrequencies[token].enumerated() {
                let angle = Float(positions[token]) * frequency
                rotation.cosines[token * pairs + pair] = cosf(angle) * scale
                rotation.sines[token * pairs + pair] = sinf(angle) * scale
            }
        }
        return rotation
    }

    /// Cosines and sines in the arena, `[tokens, pairs]`.
    package struct Rotation {
        let cosines: UnsafeMutablePointer<Float>
        let sines: UnsafeMutablePointer<Float>
        let pairs: Int
    }

    package func rotate(
        _ input: Activations, headSize: Int, by rotation: Rotation, layout: RotaryLayout
    ) -> Activations {
        let (output, pairs) = (make(input.tokens, input.width), rotation.pairs)
        forEachRow(input.tokens, width: input.width) { token in
            output.row(token).update(from: input.row(token), count: input.width)
            kernels.rotate(
                output.row(token), Int32(input.width / headSize), Int32(headSize), Int32(pairs),
                rotation.cosines + token * pairs, rotation.sines + token * pairs, layout == .adjacent)
        }
        return output
    }
}
