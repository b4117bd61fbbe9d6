import Platform
import Tensors

/// What the layers of one pass have in common.
struct Batch<Ops: Operations> {
    /// Which rows continue which sequence.
    let spans: [BatchSpan<Ops.Cache>]
    /// The position of each row.
    let positions: [Int]
    let rotations: [RotarySpec: Ops.Rotation]
    let frequencies: RotaryFrequencies
}

/// The angles that one position turns each pair of channels by.
struct RotaryFrequencies {
    /// Factors that divide all of them, `[dimensions / 2]`, where the file brings them.
    let divisors: [Float]?
    let contextLength: Int

    /// The angles in a text of `length` positions.
    func inverse(_ rotary: RotarySpec, length: Int) -> [Float] {
        let frequencies = rotary.inverseFrequencies(length: length)
        guard let divisors else { return frequencies }
        return zip(frequencies, divisors).map { $0 / $1 }
    }
}

/// What a part of a layer reads: rows, and the norm that is still to be applied to them, which products take along.
struct LayerInput<Ops: Operations> {
    let rows: Ops.Activations
    let norm: Norm<Ops.Vector>?

    init(_ rows: Ops.Activations, norm: Norm<Ops.Vector>? = nil) { (self.rows, self.norm) = (rows, norm) }
}

/// One part of one layer, its mixer or its network, in one pass: what it computes with, and where it keeps its states.
struct LayerPass<Ops: Operations> {
    let operations: Ops
    let batch: Batch<Ops>
    /// The layer's number.
    let layer: Int
    let hiddenSize: Int
    /// How many of the layer's states belong to the parts before this one.
    let firstState: Int

    /// One of the part's own states.
    func state(_ index: Int) -> StateReference { StateReference(layer: layer, index: firstState + index) }

    func project(_ input: LayerInput<Ops>, _ matrices: [Ops.Matrix]) -> [Ops.Activations] {
        guard let norm = input.norm else { return operations.project(input.rows, matrices) }
        return operations.project(normalizing: input.rows, norm, matrices)
    }

    /// The input with its norm applied.
    func normalized(_ input: LayerInput<Ops>) -> Ops.Activations { normalize(input.rows, input.norm) }

    func normalize(_ rows: Ops.Activations, _ norm: Norm<Ops.Vector>?, groups: Int = 1) -> Ops.Activations {
        norm.map { operations.normalize(rows, $0, groups: groups) } ?? rows
    }

    /// The rows at their positions; unchanged without rotary positions.
    func rotate(_ rows: Ops.Activations, by rotary: RotarySpec?, headSize: Int) -> Ops.Activations {
        guard let rotary, let rotation = batch.rotations[rotary] else { return rows }
        return operations.rotate(rows, headSize: headSize, by: rotation, layout: rotary.layout)
    }

    /// The factor of the queries of each row.
    func temperatures(_ temperature: QueryTemperature) -> Ops.Activations {
        let factors = batch.positions.map { position in
            logf(floorf((Float(position) + temperature.offset) / temperature.length) + 1) * temperature.factor + 1
        }
        return operations.constant(factors, width: 1)
    }

    /// log(position + 1) / log(`start`) for each row, 1 at the least (Su 2021).
    func logarithmicScales(from start: Int) -> Ops.Activations {
        operations.constant(batch.positions.map { max(1, logf(Float($0 + 1)) / logf(Float(start))) }, width: 1)
    }
}
