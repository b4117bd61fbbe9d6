import Checkpoints
import JSONValues

/// The names and shapes of the tensors of a checkpoint without configuration.
struct BareTensors {
    private let checkpoint: Checkpoint

    init(_ checkpoint: Checkpoint) { self.checkpoint = checkpoint }

    /// A tensor's shape, nil if there is none of the name.
    func shape(_ name: String) -> [Int]? { checkpoint.tensors[name]?.shape }

    /// One more than the largest number that follows `prefix` in a name.
    func layerCount(prefix: String) -> Int {
        let numbers = checkpoint.tensors.keys.lazy.filter { $0.hasPrefix(prefix) }.compactMap { name in
            Int(name.dropFirst(prefix.count).prefix { $0 != "." })
        }
        let last = numbers.max() ?? -1
        return last < .max ? last + 1 : last
    }

    /// What the family that recognizes the tensors says of them, as a config.json would.
    func configuration(parameters: JSON?) throws -> JSON {
        for family in Family.all {
            if let configuration = family.configuration?(self, parameters) { return configuration }
        }
        let known = Family.all.filter { $0.configuration != nil }.map(\.name).joined(separator: ", ")
        throw ArchitectureError(
            path: checkpoint.path,
            reason:
                "there is no config.json beside this file, and its tensors are not those of a family that is known by "
                + "them (\(known)); open a Hugging Face folder instead")
    }
}
