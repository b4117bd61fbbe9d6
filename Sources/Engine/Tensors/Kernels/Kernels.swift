import CKernels
import Platform

/// The kernels in use: the machine's best, or those that the environment variable `SWIFTLET_KERNELS` names.
package struct Kernels: @unchecked Sendable {
    // Invariant: the table is a constant of the C target.
    let table: UnsafePointer<swiftlet_kernels>

    /// The name of the instruction set: `portable`, `avx2`, `avx512`, `avx512bf16` or `neon`.
    package var name: String { String(cString: table.pointee.name) }

    /// The kernels called `name`, or nil if this machine cannot run them.
    package init?(named name: String) {
        guard let table = swiftlet_kernels_named(name) else { return nil }
        self.table = table
    }

    private init() { table = swiftlet_kernels_best() }

    /// The kernels that everything runs on. A name that this machine has no kernels for counts for nothing; `refusedName`
    /// tells.
    package static let best: Kernels = chosenName.flatMap { Kernels(named: $0) } ?? Kernels()

    /// What `SWIFTLET_KERNELS` names, if this machine cannot run it.
    package static var refusedName: String? { chosenName.flatMap { Kernels(named: $0) == nil ? $0 : nil } }

    /// What `SWIFTLET_KERNELS` names; empty is as good as not set.
    private static var chosenName: String? {
        getenv("SWIFTLET_KERNELS").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The names of all that this machine can run.
    package static var available: [String] {
        ["portable", "avx2", "avx512", "avx512bf16", "neon"].filter { Kernels(named: $0) != nil }
    }
}
