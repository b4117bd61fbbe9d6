import CKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The kernels in use: the machine's best, or those that the environment variable `SWIFTLET_KERNELS` names.
public struct Kernels: @unchecked Sendable {
    // Invariant: the table is a constant of the C target.
    let table: UnsafePointer<swiftlet_kernels>

    /// The name of the instruction set: `portable`, `avx2`, `avx512`, `avx512bf16` or `neon`.
    public var name: String { String(cString: table.pointee.name) }

    /// The kernels called `name`, or nil if this machine cannot run them.
    public init?(named name: String) {
        guard let table = swiftlet_kernels_named(name) else { return nil }
        self.table = table
    }

    private init() { table = swiftlet_kernels_best() }

    /// The kernels that everything runs on.
    public static let best: Kernels = {
        guard let value = getenv("SWIFTLET_KERNELS"), let chosen = Kernels(named: String(cString: value)) else {
            return Kernels()
        }
        return chosen
    }()

    /// The names of all that this machine can run.
    public static var available: [String] {
        ["portable", "avx2", "avx512", "avx512bf16", "neon"].filter { Kernels(named: $0) != nil }
    }
}
