import Platform
import Tensors

extension WeightAssembler {
    func selectiveScan(_ spec: SelectiveScanSpec, _ layer: Int) throws -> Weights.SelectiveScan {
        let (inner, state, width) = (spec.innerSize, spec.stateSize, spec.convolutionWidth)
        func input(_ index: Int) throws -> Matrix {
            let rows = TensorReader.Rows(counts: [inner, inner], index: index)
            return try matrix(.scanInput, layer, [inner, hidden], rows: rows, bias: spec.hasBias ? .scanInput : nil)
        }
        func parameters(_ index: Int) throws -> Matrix {
            let rows = TensorReader.Rows(counts: [spec.stepRank, state, state], index: index)
            return try matrix(.scanParameters, layer, [rows.counts[index], inner], rows: rows)
        }
        let convolution = try reader.vector(.convolution, layer: layer, shape: [inner, width])
        let rates = try reader.vector(.rates, layer: layer, shape: [inner, state])
        return Weights.SelectiveScan(
            value: try input(0), gate: try input(1), convolution: transposed(convolution, columns: width),
            convolutionBias: spec.hasConvolutionBias
                ? try reader.vector(.convolution, layer: layer, .bias, shape: [inner]) : [],
            stepDown: try parameters(0), input: try parameters(1), output: try parameters(2),
            step: try matrix(.step, layer, [inner, spec.stepRank], bias: .step),
            stepNorm: try norm(spec.innerNorm, .stepNorm, layer, size: spec.stepRank),
            inputNorm: try norm(spec.innerNorm, .inputNorm, layer, size: state),
            outputNorm: try norm(spec.innerNorm, .outputNorm, layer, size: state),
            rates: transposed(spec.storesRates ? rates : rates.map { -expf($0) }, columns: state),
            skip: try reader.vector(.skip, layer: layer, shape: [inner]),
            result: try matrix(.scanOutput, layer, [hidden, inner], bias: spec.hasBias ? .scanOutput : nil))
    }

    private func transposed(_ values: [Float], columns: Int) -> [Float] {
        (0..<columns).flatMap { column in stride(from: column, to: values.count, by: columns).map { values[$0] } }
    }

    func fadingAverage(_ size: Int, _ layer: Int) throws -> Weights.FadingAverage {
        func mix(_ role: TensorRole) throws -> [Float] { try reader.vector(role, layer: layer, shape: [hidden]) }
        return Weights.FadingAverage(
            key: try matrix(.key, layer, [size, hidden]), value: try matrix(.value, layer, [size, hidden]),
            receptance: try matrix(.receptance, layer, [size, hidden]),
            output: try matrix(.attentionOutput, layer, [hidden, size]), keyMix: try mix(.keyMix),
            valueMix: try mix(.valueMix), receptanceMix: try mix(.receptanceMix),
            fading: try reader.vector(.fading, layer: layer, shape: [size]),
            bonus: try reader.vector(.bonus, layer: layer, shape: [size]))
    }

    func matrixRecurrence(_ spec: MatrixRecurrenceSpec, _ layer: Int) throws -> Weights.MatrixRecurrence {
        let size = spec.heads * spec.headSize
        func mix(_ role: TensorRole) throws -> [Float] { try reader.vector(role, layer: layer, shape: [hidden]) }
        func input(_ role: TensorRole) throws -> Matrix { try matrix(role, layer, [size, hidden]) }
        let fading = try reader.vector(.fading, layer: layer, shape: [spec.heads, spec.headSize])
        return Weights.MatrixRecurrence(
            key: try input(.key), value: try input(.value), receptance: try input(.receptance),
            gate: try input(.recurrenceGate),
            output: try matrix(.attentionOutput, layer, [hidden, size]), keyMix: try mix(.keyMix),
            valueMix: try mix(.valueMix), receptanceMix: try mix(.receptanceMix), gateMix: try mix(.gateMix),
            decay: fading.map { expf(-expf($0)) },
            bonus: try reader.vector(.bonus, layer: layer, shape: [spec.heads, spec.headSize]),
            norm: try norm(spec.norm, .recurrenceNorm, layer, size: size))
    }
}
