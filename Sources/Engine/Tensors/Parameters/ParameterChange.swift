import Platform

/// A step from the values that a file holds to those that are computed with, whose gradient is known.
package enum ParameterChange: Sendable, Hashable {
    /// Some rows, `width` values each, one range after another.
    case rows([Range<Int>], width: Int)
    /// Rows and columns exchanged, of a matrix `[rows, columns]`.
    case transposed(rows: Int, columns: Int)
    /// The values at these places, some of them perhaps several times.
    case elements([Int])
    /// value + addend.
    case shifted(by: Float)
    /// -e^value.
    case negativeExponential
    /// e^-e^value.
    case fading
    /// Rows of `width` values, each divided by its length.
    case unitRows(width: Int)

    /// What becomes of the values.
    package func applied(to values: [Float]) -> [Float] {
        switch self {
        case .rows(let ranges, let width):
            ranges.flatMap { values[$0.lowerBound * width..<$0.upperBound * width] }
        case .transposed(let rows, let columns): Self.transpose(values, rows: rows, columns: columns)
        case .elements(let places): places.map { values[$0] }
        case .shifted(let addend): values.map { $0 + addend }
        case .negativeExponential: values.map { -expf($0) }
        case .fading: values.map { expf(-expf($0)) }
        case .unitRows(let width):
            stride(from: 0, to: values.count, by: width).flatMap { start in
                let row = values[start..<start + width]
                let length = UnitRows.length(of: row)
                return row.map { $0 / length }
            }
        }
    }

    /// The gradient of `values`, given that of what became of them.
    package func gradient(_ outer: [Float], of values: [Float]) -> [Float] {
        switch self {
        case .rows(let ranges, let width):
            var result = [Float](repeating: 0, count: values.count)
            var place = 0
            for range in ranges {
                for index in range.lowerBound * width..<range.upperBound * width {
                    result[index] += outer[place]
                    place += 1
                }
            }
            return result
        case .transposed(let rows, let columns): return Self.transpose(outer, rows: columns, columns: rows)
        case .elements(let places):
            var result = [Float](repeating: 0, count: values.count)
            for (place, gradient) in zip(places, outer) { result[place] += gradient }
            return result
        case .shifted: return outer
        case .negativeExponential: return zip(outer, values).map { -$0 * expf($1) }
        case .fading: return zip(outer, values).map { -$0 * expf($1 - expf($1)) }
        case .unitRows(let width):
            return stride(from: 0, to: values.count, by: width).flatMap { start in
                let (row, gradient) = (values[start..<start + width], outer[start..<start + width])
                let length = UnitRows.length(of: row)
                let along = zip(row, gradient).reduce(Float(0)) { $0 + $1.0 * $1.1 } / (length * length)
                return zip(row, gradient).map { ($1 - along * $0) / length }
            }
        }
    }

    private static func transpose(_ values: [Float], rows: Int, columns: Int) -> [Float] {
        [Float](unsafeUninitializedCapacity: values.count) { buffer, count in
            for column in 0..<columns {
                for row in 0..<rows { buffer[column * rows + row] = values[row * columns + column] }
            }
            count = values.count
        }
    }
}
