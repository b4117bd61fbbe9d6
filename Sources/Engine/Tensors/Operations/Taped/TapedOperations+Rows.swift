// The protocol documents these methods.

import CKernels
import Platform

extension TapedOperations {
    package func embed(_ tokens: [Int32], _ table: TapedTable) -> TapedRows {
        let width = table.columns
        let output = make(tokens.count, width, isTracked: table.values.isTrainable)
        guard case .parameters(let view) = table.values else {
            if case .stored(let source) = table.values {
                for (row, token) in tokens.enumerated() { source.decodeRow(Int(token), into: output.row(row)) }
            }
            return output
        }
        for (row, token) in tokens.enumerated() {
            output.row(row).update(from: view.values + Int(token) * width, count: width)
        }
        record(output) { gradient in
            let target = view.gradient
            for (row, token) in tokens.enumerated() {
                self.kernels.add(target + Int(token) * width, gradient + row * width, 1, width)
            }
        }
        return output
    }

    package func select(_ input: TapedRows, rows: [Int]) -> TapedRows {
        let width = input.width
        let output = make(rows.count, width, isTracked: input.isTracked)
        for (index, row) in rows.enumerated() { output.row(index).update(from: input.row(row), count: width) }
        record(output) { gradient in
            let target = input.openGradient()
            for (index, row) in rows.enumerated() {
                self.kernels.add(target + row * width, gradient + index * width, 1, width)
            }
        }
        return output
    }

    package func addRows(
        _ other: TapedRows, factors: TapedRows?, to rows: [Int], of target: inout TapedRows
    ) {
        let (first, width) = (target, target.width)
        let output = make(
            first.tokens, width, isTracked: first.isTracked || other.isTracked || factors?.isTracked == true)
        output.values.update(from: first.values, count: first.count)
        for (index, row) in rows.enumerated() {
            kernels.add(output.row(row), other.row(index), factors?.values[index] ?? 1, width)
        }
        record(output) { gradient in
            if first.isTracked { self.add(gradient, to: first.openGradient(), first.count) }
            if other.isTracked {
                let inner = other.openGradient()
                for (index, row) in rows.enumerated() {
                    self.kernels.add(inner + index * width, gradient + row * width, factors?.values[index] ?? 1, width)
                }
            }
            guard let factors, factors.isTracked else { return }
            let inner = factors.openGradient()
            for (index, row) in rows.enumerated() {
                inner[index] += dot(other.row(index), gradient + row * width, width)
            }
        }
        target = output
    }

    package func joinHeads(shared: TapedRows, each: TapedRows, heads: Int) -> TapedRows {
        let own = each.width / heads
        let size = shared.width + own
        let output = make(each.tokens, heads * size, isTracked: shared.isTracked || each.isTracked)
        forEachRow(each.tokens, width: output.width) { row in
            for head in 0..<heads {
                let out = output.row(row) + head * size
                out.update(from: shared.row(row), count: shared.width)
                (out + shared.width).update(from: each.row(row) + head * own, count: own)
            }
        }
        record(output) { gradient in
            let (common, single) = (
                shared.isTracked ? shared.openGradient() : nil, each.isTracked ? each.openGradient() : nil
            )
            self.forEachRow(each.tokens, width: output.width) { row in
                for head in 0..<heads {
                    let outer = gradient + row * output.width + head * size
                    if let common { self.kernels.add(common + row * shared.width, outer, 1, shared.width) }
                    if let single {
                        self.kernels.add(single + row * each.width + head * own, outer + shared.width, 1, own)
                    }
                }
            }
        }
        return output
    }

    /// Cosines and sines `[tokens, pairs]`, and the sines that turn back.
    package struct Rotation {
        let cosines, sines, backSines: [Float]
        let pairs: Int
    }

    package func makeRotation(positions: [Int], inverseFrequencies: [[Float]], scale: Float) -> Rotation {
        let angles = zip(positions, inverseFrequencies).flatMap { position, frequencies in
            frequencies.map { Float(position) * $0 }
        }
        let sines = angles.map { sinf($0) * scale }
        return Rotation(
            cosines: angles.map { cosf($0) * scale }, sines: sines, backSines: sines.map { -$0 },
            pairs: inverseFrequencies.first?.count ?? 0)
    }

    package func rotate(
        _ input: TapedRows, headSize: Int, by rotation: Rotation, layout: RotaryLayout
    ) -> TapedRows {
        let (width, pairs) = (input.width, rotation.pairs)
        let output = make(input.tokens, width, isTracked: input.isTracked)
        func turn(_ row: Int, _ values: UnsafeMutablePointer<Float>, _ sines: UnsafeBufferPointer<Float>) {
            rotation.cosines.withUnsafeBufferPointer { cosines in
                guard let cosines = cosines.baseAddress, let sines = sines.baseAddress else { return }
                kernels.rotate(
                    values, Int32(width / headSize), Int32(headSize), Int32(pairs), cosines + row * pairs,
                    sines + row * pairs, layout == .adjacent)
            }
        }
        rotation.sines.withUnsafeBufferPointer { sines in
            forEachRow(input.tokens, width: width) { row in
                output.row(row).update(from: input.row(row), count: width)
                turn(row, output.row(row), sines)
            }
        }
        record(output) { gradient in
            // The output's gradient is not needed afterwards: it is turned back where it is.
            let target = input.openGradient()
            rotation.backSines.withUnsafeBufferPointer { sines in
                self.forEachRow(input.tokens, width: width) { row in
                    turn(row, gradient + row * width, sines)
                    self.kernels.add(target + row * width, gradient + row * width, 1, width)
                }
            }
        }
        return output
    }
}
