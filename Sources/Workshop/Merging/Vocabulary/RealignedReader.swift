import Checkpoints
import Tensors

/// A tensor with a row for each token, brought into the order of other tokens.
struct RealignedReader: TensorReader {
    /// Where a row comes from.
    enum Row: Sendable {
        case zero
        /// A row of an input.
        case input(Int, Int)
        /// The mean of rows of inputs.
        case average([(Int, Int)])
    }

    private let inputs: [any TensorReader]
    private let own: Int
    private let sources: [Row]
    /// The mean of all rows, which rows beyond the tokens get (the distribution that a new token is least surprising in).
    private let mean: [Float]
    let shape: [Int]

    var place: (path: String, location: String) { inputs[own].place }
    var dataType: DataType { inputs[own].dataType }
    /// The elements of a row, which for a bias is one.
    private var width: Int { max(1, shape.dropFirst().reduce(1, *)) }

    init(_ inputs: [any TensorReader], place: Int, sources: [Row], rows: Int) throws(CheckpointError) {
        (self.inputs, own, self.sources) = (inputs, place, sources)
        shape = [rows] + inputs[place].shape.dropFirst()
        for case .input(let input, let row) in sources where row >= inputs[input].shape[0] {
            throw inputs[input].error(
                "there is no row \(row), which the tokenizer has a token for",
                remedy: "The tokenizer does not fit the model")
        }
        guard rows > sources.count else {
            mean = []
            return
        }
        let width = inputs[place].shape.dropFirst().reduce(1, *)
        var sums = [Double](repeating: 0, count: width)
        var row = [Float](repeating: 0, count: width)
        for source in sources {
            try Self.read(source, inputs, width, &row)
            for index in row.indices { sums[index] += Double(row[index]) }
        }
        mean = sums.map { Float($0 / Double(max(1, sources.count))) }
    }

    func read(_ range: Range<Int>, into values: UnsafeMutableBufferPointer<Float>) throws(CheckpointError) {
        let width = width
        var row = [Float](repeating: 0, count: width)
        var number = range.lowerBound / width
        while number < range.upperBound / width {
            let start = number * width - range.lowerBound
            // Rows that lie side by side in one input are read at once.
            if number < sources.count, case .input(let input, let first) = sources[number] {
                var count = 1
                while number + count < min(sources.count, range.upperBound / width),
                    case .input(input, first + count) = sources[number + count]
                { count += 1 }
                let target = UnsafeMutableBufferPointer(rebasing: values[start..<start + count * width])
                try inputs[input].read(first * width..<(first + count) * width, into: target)
                number += count
                continue
            }
            if number < sources.count { try Self.read(sources[number], inputs, width, &row) } else { row = mean }
            for index in 0..<width { values[start + index] = row[index] }
            number += 1
        }
    }

    private static func read(
        _ source: Row, _ inputs: [any TensorReader], _ width: Int, _ row: inout [Float]
    ) throws(CheckpointError) {
        func add(_ input: Int, _ number: Int) throws(CheckpointError) {
            var failure: CheckpointError?
            withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { buffer in
                buffer.initialize(repeating: 0)
                do throws(CheckpointError) {
                    try inputs[input].read(number * width..<(number + 1) * width, into: buffer)
                } catch { failure = error }
                for index in 0..<width { row[index] += buffer[index] }
            }
            if let failure { throw failure }
        }
        for index in row.indices { row[index] = 0 }
        switch source {
        case .zero: return
        case .input(let input, let number): try add(input, number)
        case .average(let parts):
            for (input, number) in parts { try add(input, number) }
            for index in row.indices { row[index] /= Float(parts.count) }
        }
    }
}
