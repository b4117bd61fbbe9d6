import Decoding
import Platform

extension SeededGenerator {
    /// A number of the standard normal distribution (Box and Muller).
    mutating func nextNormal() -> Double {
        let radius = (-2 * log(Double.random(in: .leastNonzeroMagnitude..<1, using: &self))).squareRoot()
        return radius * cos(2 * Double.pi * Double.random(in: 0..<1, using: &self))
    }
}
