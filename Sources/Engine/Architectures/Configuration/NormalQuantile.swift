import Platform

/// The number below which a normally distributed one lies with the given probability, which is within 0 and 1.
func normalQuantile(_ probability: Double) -> Double {
    var (low, high) = (-40.0, 40.0)
    // The distribution grows everywhere; after so many halvings nothing is left between the ends.
    for _ in 0..<100 {
        let middle = (low + high) / 2
        if 0.5 * erfc(-middle / 2.0.squareRoot()) < probability { low = middle } else { high = middle }
    }
    return (low + high) / 2
}
