import JSONValues
import Quantization
import Tensors
import Testing

/// GPTQ as its paper writes it down (`scripts/make_gptq_fixture.py`), and what becomes of the outputs.
@Suite struct CompensatedRoundingTests {
    private static let (columns, groupSize) = (32, 16)

    private static func numbers(_ name: String) throws -> [Double] {
        try Fixtures.json("quantization/gptq.json")[name]?.array().compactMap(\.doubleValue) ?? []
    }

    @Test(arguments: [1, 2]) func codesEqualTheReference(threads: Int) throws {
        let pool = ThreadPool(threads: threads)
        let products = try Self.numbers("products").map { Float($0) }
        let weights = try Self.numbers("weights").map { Float($0) }
        let ranges = try Self.numbers("scales").map { FourBitGroups.Range(scale: Float($0), zero: 8) }
        let rounding = try #require(
            CompensatedRounding(products: products, columns: Self.columns, pool: pool))
        let codes = rounding.round(weights, ranges: ranges, groupSize: Self.groupSize, pool: pool)
        #expect(try codes.map(Double.init) == Self.numbers("codes"))
    }

    /// The squares of what outputs are off by, summed over the tokens.
    private static func error(_ weights: [Float], _ matrix: FourBitMatrix, _ products: [Float]) -> Double {
        let groups = columns / groupSize
        let differences = weights.indices.map { index -> Double in
            let range = matrix.ranges[index / columns * groups + index % columns / groupSize]
            return Double(weights[index] - range.scale * (Float(matrix.codes[index]) - Float(range.zero)))
        }
        var sum = 0.0
        for row in stride(from: 0, to: differences.count, by: columns) {
            for a in 0..<columns {
                for b in 0..<columns {
                    sum += differences[row + a] * differences[row + b] * Double(products[a * columns + b])
                }
            }
        }
        return sum
    }

    @Test func outputsAreLessOffThanOfTheNearest() throws {
        let pool = ThreadPool(threads: 2)
        let products = try Self.numbers("products").map { Float($0) }
        let weights = try Self.numbers("weights").map { Float($0) }
        let rounding = try #require(CompensatedRounding(products: products, columns: Self.columns, pool: pool))
        let compensated = FourBitMatrix(compensating: weights, groupSize: Self.groupSize, by: rounding, pool: pool)
        let nearest = FourBitMatrix(
            nearest: weights, columns: Self.columns, groupSize: Self.groupSize, importance: rounding.importance,
            pool: pool)
        #expect(Self.error(weights, compensated, products) < 0.5 * Self.error(weights, nearest, products))
    }

    @Test func scalesForInputsMakeOutputsBetter() throws {
        let pool = ThreadPool(threads: 2)
        // Some columns have inputs that are much larger than the others'.
        var products = [Float](repeating: 0, count: Self.columns * Self.columns)
        for column in 0..<Self.columns { products[column * (Self.columns + 1)] = column % 16 == 3 ? 400 : 1 }
        let weights = try Self.numbers("weights").map { Float($0) }
        let scales = ActivationScales(
            products: products, columns: Self.columns, groupSize: Self.groupSize, pool: pool
        ).search([weights])
        #expect(scales[3] > 1.2 * scales[4])
        func error(_ scales: [Float]) -> Double {
            let scaled = weights.indices.map { weights[$0] * scales[$0 % Self.columns] }
            var divided = products
            for column in 0..<Self.columns {
                divided[column * (Self.columns + 1)] /= scales[column] * scales[column]
            }
            let importance = (0..<Self.columns).map { divided[$0 * (Self.columns + 1)] }
            let matrix = FourBitMatrix(
                nearest: scaled, columns: Self.columns, groupSize: Self.groupSize, importance: importance, pool: pool)
            return Self.error(scaled, matrix, divided)
        }
        #expect(error(scales) < error([Float](repeating: 1, count: Self.columns)))
    }

    @Test func inputsThatSayNothingGiveNoOrder() {
        let pool = ThreadPool(threads: 1)
        for number in [Float(0), .nan, .infinity] {
            let products = [Float](repeating: number, count: 16)
            #expect(CompensatedRounding(products: products, columns: 4, pool: pool) == nil)
        }
        #expect(CompensatedRounding(products: [1], columns: 4, pool: pool) == nil)
    }
}
