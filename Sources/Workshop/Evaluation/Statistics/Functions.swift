import Platform

extension Double {
    /// e to the power of this.
    var exponential: Double { exp(self) }
    /// The natural logarithm.
    var logarithm: Double { log(self) }
    /// The hyperbolic tangent of this.
    var hyperbolicTangent: Double { tanh(self) }
    /// This to a power.
    func power(_ exponent: Double) -> Double { pow(self, exponent) }
}

extension Collection<Double> {
    /// The arithmetic mean; 0 for none.
    var mean: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }
}
