// The protocol documents these methods.

import CKernels
import Platform

extension TapedOperations {
    /// Runs `body` for each row of the gradient of `target`, to which it adds, if there is to be one.
    private func forEachGradientRow(
        of target: TapedRows, _ body: (_ row: Int, _ target: UnsafeMutablePointer<Float>) -> Void
    ) {
        guard target.isTracked else { return }
        let gradient = target.openGradient()
        forEachRow(target.tokens, width: target.width) { body($0, gradient + $0 * target.width) }
    }

    package func constant(_ values: [Float], width: Int) -> TapedRows {
        let output = make(values.count / max(width, 1), width, isTracked: false)
        output.values.update(from: values, count: values.count)
        return output
    }

    package func broadcast(_ vector: ParameterView, rows: Int) -> TapedRows {
        let output = make(rows, vector.count, isTracked: vector.isTrainable)
        for row in 0..<rows { output.row(row).update(from: vector.values, count: vector.count) }
        record(output) { self.addSum(of: $0, rows, vector.count, to: vector.gradient) }
        return output
    }

    package func add(_ other: TapedRows, scale: Float, to target: inout TapedRows) {
        let (first, width) = (target, target.width)
        let output = make(first.tokens, width, isTracked: first.isTracked || other.isTracked)
        forEachRow(first.tokens, width: width) { row in
            output.row(row).update(from: first.row(row), count: width)
            kernels.add(output.row(row), other.row(row), scale, width)
        }
        record(output) { gradient in
            if first.isTracked { self.add(gradient, to: first.openGradient(), first.count) }
            if other.isTracked { self.add(gradient, scale: scale, to: other.openGradient(), other.count) }
        }
        target = output
    }

    package func gate(_ gate: TapedRows, _ up: TapedRows?, _ activation: Activation) -> TapedRows {
        let output = make(gate.tokens, gate.width, isTracked: gate.isTracked || up?.isTracked == true)
        let width = gate.width
        forEachRow(gate.tokens, width: width) { row in
            kernels.gate(activation.kernel, gate.row(row), up?.row(row), width, output.row(row))
        }
        record(output) { gradient in
            self.forEachGradientRow(of: gate) { row, target in
                let (values, outer, factors) = (gate.row(row), gradient + row * width, up?.row(row))
                for c in 0..<width { target[c] += outer[c] * (factors?[c] ?? 1) * activation.slope(values[c]) }
            }
            guard let up else { return }
            self.forEachGradientRow(of: up) { row, target in
                withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { activated in
                    self.kernels.gate(activation.kernel, gate.row(row), nil, width, activated.baseAddress)
                    for c in 0..<width { target[c] += gradient[row * width + c] * activated[c] }
                }
            }
        }
        return output
    }

    package func transform(_ input: inout TapedRows, _ function: ValueFunction) {
        let (source, width) = (input, input.width)
        let output = make(source.tokens, width, isTracked: source.isTracked)
        forEachRow(source.tokens, width: width) { row in
            let (values, out) = (source.row(row), output.row(row))
            for c in 0..<width { out[c] = function.value(values[c]) }
        }
        record(output) { gradient in
            self.forEachGradientRow(of: source) { row, target in
                let (values, outer) = (source.row(row), gradient + row * width)
                for c in 0..<width { target[c] += outer[c] * function.slope(values[c]) }
            }
        }
        input = output
    }

    package func multiplyRows(_ input: inout TapedRows, by factors: TapedRows) {
        let (source, width) = (input, input.width)
        let output = make(source.tokens, width, isTracked: source.isTracked || factors.isTracked)
        forEachRow(source.tokens, width: width) { row in
            for c in 0..<width { output.row(row)[c] = source.row(row)[c] * factors.values[row] }
        }
        record(output) { gradient in
            self.forEachGradientRow(of: source) { row, target in
                self.kernels.add(target, gradient + row * width, factors.values[row], width)
            }
            guard factors.isTracked else { return }
            let target = factors.openGradient()
            self.forEachRow(source.tokens, width: width) { row in
                target[row] += dot(source.row(row), gradient + row * width, width)
            }
        }
        input = output
    }

    package func interpolate(_ input: TapedRows, _ other: TapedRows, weight: ParameterView) -> TapedRows {
        let width = input.width
        let output = make(
            input.tokens, width, isTracked: input.isTracked || other.isTracked || weight.isTrainable)
        let weights = weight.values
        forEachRow(input.tokens, width: width) { row in
            let (first, second, out) = (input.row(row), other.row(row), output.row(row))
            for c in 0..<width { out[c] = first[c] * weights[c] + second[c] * (1 - weights[c]) }
        }
        record(output) { gradient in
            self.forEachGradientRow(of: input) { row, target in
                for c in 0..<width { target[c] += gradient[row * width + c] * weights[c] }
            }
            self.forEachGradientRow(of: other) { row, target in
                for c in 0..<width { target[c] += gradient[row * width + c] * (1 - weights[c]) }
            }
            guard weight.isTrainable else { return }
            let target = weight.gradient
            self.forEachBlock(width) { block in
                for row in 0..<input.tokens {
                    for c in block {
                        target[c] += gradient[row * width + c] * (input.row(row)[c] - other.row(row)[c])
                    }
                }
            }
        }
        return output
    }
}

/// The sum of the products of two rows.
func dot(_ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>, _ count: Int) -> Float {
    var sum: Float = 0
    for index in 0..<count { sum += first[index] * second[index] }
    return sum
}

extension Activation {
    /// The derivative at `x`.
    func slope(_ x: Float) -> Float {
        switch self {
        case .identity: return 1
        case .silu:
            let share = 1 / (1 + expf(-x))
            return share * (1 + x * (1 - share))
        case .gelu: return 0.5 * (1 + erff(x * 0.70710678)) + x * 0.39894228 * expf(-0.5 * x * x)
        case .geluTanh:
            let inner = tanhf(0.7978845608 * (x + 0.044715 * x * x * x))
            return 0.5 * (1 + inner) + 0.5 * x * (1 - inner * inner) * 0.7978845608 * (1 + 3 * 0.044715 * x * x)
        case .geluQuick:
            let share = 1 / (1 + expf(-1.702 * x))
            return share * (1 + 1.702 * x * (1 - share))
        case .relu: return x > 0 ? 1 : 0
        case .reluSquared: return 2 * max(x, 0)
        case .sigmoid:
            let share = 1 / (1 + expf(-x))
            return share * (1 - share)
        case .tanh:
            let value = tanhf(x)
            return 1 - value * value
        case .softplus: return 1 / (1 + expf(-x))
        }
    }
}

extension ValueFunction {
    func value(_ x: Float) -> Float {
        switch self {
        case .scale(let factor): x * factor
        case .clamp(let limit): max(-limit, min(limit, x))
        case .softCap(let cap): cap * tanhf(x / cap)
        case .add(let addend): x + addend
        case .limit(let limit): min(limit, x)
        case .atLeast(let limit): max(limit, x)
        case .xielu(let positive, let negative, let slope):
            x > 0 ? x * (positive * x + slope) : negative * (expm1f(min(x, -1e-6)) - x) + slope * x
        }
    }

    /// The derivative at `x`.
    func slope(_ x: Float) -> Float {
        switch self {
        case .scale(let factor): return factor
        case .clamp(let limit): return abs(x) <= limit ? 1 : 0
        case .softCap(let cap):
            let share = tanhf(x / cap)
            return 1 - share * share
        case .add: return 1
        case .limit(let limit): return x <= limit ? 1 : 0
        case .atLeast(let limit): return x >= limit ? 1 : 0
        case .xielu(let positive, let negative, let slope):
            return x > 0 ? 2 * positive * x + slope : negative * (x < -1e-6 ? expm1f(x) : -1) + slope
        }
    }
}
