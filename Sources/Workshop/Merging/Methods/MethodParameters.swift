/// The parameters of one tensor, filters and gradients resolved.
package struct MethodParameters: Sendable, Hashable {
    /// Those of the method.
    package var shared: [String: Double] = [:]
    /// Those of each input, in their order; the base may have fewer.
    package var inputs: [[String: Double]] = []
    /// What draws begin from.
    package var seed: UInt64 = 0

    /// A parameter of the method.
    func value(_ name: String) -> Double { shared[name] ?? 0 }
    /// A Boolean parameter of the method.
    func flag(_ name: String) -> Bool { value(name) != 0 }
    /// A parameter of each of some inputs.
    func values(_ name: String, of places: [Int]) -> [Double] { places.map { inputs[$0][name] ?? 0 } }
    /// The same in single precision, which is what tensors are multiplied with.
    func floats(_ name: String, of places: [Int]) -> [Float] { values(name, of: places).map { Float($0) } }
}
