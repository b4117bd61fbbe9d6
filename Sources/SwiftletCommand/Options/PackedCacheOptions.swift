import ArgumentParser
import Foundation
import ModelStore

/// Whether packed weights are kept for the next start.
struct PackedCacheOptions: ParsableArguments {
    enum Mode: String, ExpressibleByArgument, CaseIterable {
        case auto, on, off
    }

    @Option(
        help: ArgumentHelp(
            """
            Keep the weights as they are packed for this machine, so that the next start need not pack them: for models \
            of the store unless the disk is getting full (auto), for every model (on), or for none (off).
            """, valueName: "when"))
    var packedCache = Mode.auto

    /// The file in which the packed weights of the model at `path` are kept; nil if they are not.
    func file(for path: String) throws -> String? {
        let store = LocalStore(environment: ProcessInfo.processInfo.environment)
        let file = store.packedFile(for: path)
        switch packedCache {
        case .auto: return file.isInStore ? file.path : nil
        case .on:
            if !file.isInStore { try store.makePackedFolder() }
            return file.path
        case .off: return nil
        }
    }

    /// Says why they were not kept, to a person who asked for it.
    func note(_ problem: (any Error)?) {
        if let problem, packedCache == .on { Console.note("\(problem)") }
    }
}
