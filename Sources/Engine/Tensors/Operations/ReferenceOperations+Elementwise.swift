// The protocol documents these methods.

import Platform

extension ReferenceOperations {
    package func add(_ other: Activations, scale: Float, to target: inout Activations) {
        for index in target.values.indices { target.values[index] += scale * other.values[index] }
    }

    package func gate(_ gate: Activations, _ up: Activations?, _ activation: Activation) -> Activations {
        var output = gate
        for (index, x) in gate.values.enumerated() {
            output.values[index] = activation.value(x) * (up?.values[index] ?? 1)
        }
        return output
    }

    package func transform(_ input: inout Activations, _ function: ValueFunction) {
        input.values = input.values.map { value in
            switch function {
            case .scale(let factor): value * factor
            case .clamp(let limit): max(-limit, min(limit, value))
            case .softCap(let cap): cap * tanh(value / cap)
            case .add(let addend): value + addend
            case .limit(let limit): min(limit, value)
            case .atLeast(let limit): max(limit, value)
            case .xielu(let positive, let negative, let slope):
                value > 0
                    ? positive * value * value + slope * value
                    : negative * (expm1(min(value, -1e-6)) - value) + slope * value
            }
        }
    }

    package func multiplyRows(_ input: inout Activations, by factors: Activations) {
        for index in input.values.indices { input.values[index] *= factors.values[index / input.width] }
    }

    package func interpolate(_ input: Activations, _ other: Activations, weight: [Float]) -> Activations {
        var output = input
        for index in input.values.indices {
            let w = weight[index % input.width]
            output.values[index] = input.values[index] * w + other.values[index] * (1 - w)
        }
        return output
    }

    package func addRows(
        _ other: Activations, factors: Activations?, to rows: [Int], of target: inout Activations
    ) {
        for (index, row) in rows.enumerated() {
            let factor = factors?.values[index] ?? 1
            for c in 0..<target.width {
                target.values[row * target.width + c] += factor * other.values[index * target.width + c]
            }
        }
    }

    package func joinHeads(shared: Activations, each: Activations, heads: Int) -> Activations {
        let own = each.width / heads
        var output = Activations(values: [], width: heads * (shared.width + own))
        for token in 0..<each.tokens {
            let row = Array(each.row(token))
            for head in 0..<heads {
                output.values += shared.row(token) + row[head * own..<(head + 1) * own]
            }
        }
        return output
    }

    package func makeRotation(positions: [Int], inverseFrequencies: [[Float]], scale: Float) -> Rotation {
        let angles = zip(positions, inverseFrequencies).map { position, frequencies in
            frequencies.map { Float(position) * $0 }
        }
        return Rotation(
            cosines: angles.map { $0.map { cos($0) * scale } }, sines: angles.map { $0.map { sin($0) * scale } })
    }

    package func rotate(
        _ input: Activations, headSize: Int, by rotation: Rotation, layout: RotaryLayout
    ) -> Activations {
        var output = input
        for token in 0..<input.tokens {
            for head in stride(from: token * input.width, to: (token + 1) * input.width, by: headSize) {
                let channels = Array(input.values[head..<head + headSize])
                output.values.replaceSubrange(
                    head..<head + headSize,
                    with: Self.rotated(channels, rotation.cosines[token], rotation.sines[token], layout))
            }
        }
        return output
    }

    static func rotated(_ channels: [Float], _ cosines: [Float], _ sines: [Float], _ layout: RotaryLayout) -> [Float] {
        var output = channels
        for i in cosines.indices {
            let first = layout == .halves ? i : 2 * i
            let second = first + (layout == .halves ? cosines.count : 1)
            output[first] = channels[first] * cosines[i] - channels[second] * sines[i]
            output[second] = channels[first] * sines[i] + channels[second] * cosines[i]
        }
        return output
    }
}

extension Activation {
    fileprivate func value(_ x: Float) -> Float {
        switch self {
        case .identity: x
        case .silu: x / (1 + exp(-x))
        case .gelu: 0.5 * x * (1 + erff(x / Float(2).squareRoot()))
        case .geluTanh: 0.5 * x * (1 + tanhf(0.7978845608 * (x + 0.044715 * x * x * x)))
        case .geluQuick: x / (1 + exp(-1.702 * x))
        case .relu: max(x, 0)
        case .reluSquared: max(x, 0) * max(x, 0)
        case .sigmoid: 1 / (1 + exp(-x))
        case .tanh: tanhf(x)
        case .softplus: x > 20 ? x : log1p(exp(x))
        }
    }
}
