import ArgumentParser
import Essentials
import ModelStore
import Tensors

/// Whether packed weights are kept for the next start.
struct PackedCacheOptions: ParsableArguments {
    enum Mode: String, ExpressibleByArgument, CaseIterable {
        case auto, on, off
    }

    @Option(
        help: ArgumentHelp(
            """
            Keep the weights as they are packed for this machine, so that the next start need not pack them: from a \
            model's second run on, unless the disk is getting full, those of files outside the store in a tenth of its \
            space at most, the latest used (auto); always (on); or never (off). They are written when the answer has been \
            given, or when a server has nothing to do.
            """, valueName: "when"))
    var packedCache = Mode.auto

    /// Where the packed weights of the model at `path`, rounded to bf16 or not, are kept; nil if they are not.
    func weights(for path: String, isRounded: Bool = false) -> PackedWeights? {
        let store = LocalStore(environment: ProcessInfo.processInfo.environment)
        let file = store.packedFile(for: path, isRounded: isRounded)
        switch packedCache {
        case .auto:
            guard store.wantsPacked(file.path),
                file.isInStore || store.makeRoomForPacked(of: path, isRounded: isRounded)
            else { return nil }
            return PackedWeights(path: file.path, announce: Self.announce) { error in
                // A disk that is nearly full is no news at every start.
                if !error.isForLackOfRoom { Console.note("\(error)") }
            }
        case .on:
            do {
                if !file.isInStore { try store.makePackedFolder() }
            } catch {
                // As with a full disk, the model runs all the same.
                Console.note("the packed weights cannot be kept: \(error)")
                return nil
            }
            return PackedWeights(path: file.path, announce: Self.announce) { Console.note("\($0)") }
        case .off: return nil
        }
    }

    private static func announce(_ bytes: Int) {
        Console.note(
            "keeping the weights as they are packed (\(Quantities.bytes(bytes))), so that the next start is quicker; "
                + "--packed-cache off does without")
    }
}
