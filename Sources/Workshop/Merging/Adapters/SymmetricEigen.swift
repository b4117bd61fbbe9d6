import Platform

/// Eigenvalues and vectors of small symmetric matrices by Jacobi's rotations.
enum SymmetricEigen {
    /// The eigenvalues, largest first, and in the same order the vectors, each a row of `vectors`; `matrix` is row-major.
    static func decompose(_ matrix: [Double], size: Int) -> (values: [Double], vectors: [[Double]]) {
        var a = matrix
        var v = [Double](repeating: 0, count: size * size)
        for index in 0..<size { v[index * size + index] = 1 }
        let total = a.reduce(0) { $0 + $1 * $1 }
        for _ in 0..<60 {
            var rest = 0.0
            for p in 0..<size { for q in 0..<p { rest += 2 * a[p * size + q] * a[p * size + q] } }
            if rest <= total * 1e-30 { break }
            for p in 0..<size {
                for q in p + 1..<max(p + 1, size) { rotate(&a, &v, p, q, size) }
            }
        }
        let order = (0..<size).sorted { a[$0 * size + $0] > a[$1 * size + $1] }
        return (
            order.map { a[$0 * size + $0] },
            order.map { column in (0..<size).map { v[$0 * size + column] } }
        )
    }

    /// Makes the element at (p, q) zero.
    private static func rotate(_ a: inout [Double], _ v: inout [Double], _ p: Int, _ q: Int, _ size: Int) {
        let element = a[p * size + q]
        guard element != 0 else { return }
        let theta = (a[q * size + q] - a[p * size + p]) / (2 * element)
        let t = (theta >= 0 ? 1.0 : -1) / (abs(theta) + (theta * theta + 1).squareRoot())
        let cosine = 1 / (t * t + 1).squareRoot()
        let sine = t * cosine
        for k in 0..<size {
            let (x, y) = (a[k * size + p], a[k * size + q])
            a[k * size + p] = cosine * x - sine * y
            a[k * size + q] = sine * x + cosine * y
        }
        for k in 0..<size {
            let (x, y) = (a[p * size + k], a[q * size + k])
            a[p * size + k] = cosine * x - sine * y
            a[q * size + k] = sine * x + cosine * y
        }
        for k in 0..<size {
            let (x, y) = (v[k * size + p], v[k * size + q])
            v[k * size + p] = cosine * x - sine * y
            v[k * size + q] = sine * x + cosine * y
        }
    }
}
