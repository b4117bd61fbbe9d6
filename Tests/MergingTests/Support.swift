import Checkpoints
import Files
import Foundation
import Merging
import Testing

/// Where fixtures lie, and folders for results.
enum Fixtures {
    static let folder = Bundle.module.path(forResource: "Fixtures", ofType: nil) ?? ""

    static func model(_ name: String) -> String { "\(folder)/models/\(name)" }
    static func `case`(_ name: String) -> String { "\(folder)/cases/\(name).yml" }

    /// The names of cases, by whether there is a hash of their results.
    static let hashes: [String: String] = {
        let data = (try? Data(contentsOf: URL(filePath: "\(folder)/cases/hashes.json"))) ?? Data()
        return (try? JSONDecoder().decode([String: String].self, from: data)) ?? [:]
    }()
}

/// A folder that goes away with the value.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "swiftlet-merging-\(UUID().uuidString)"
        try FileSystem.createFolder(path)
    }

    deinit { try? FileSystem.remove(path) }
}

/// Merges what a YAML text says, with the fixtures' models.
func merge(
    _ yaml: String, to output: String, seed: UInt64 = 0, threads: Int = 2, allowsDifferences: Bool = false,
    shardBytes: Int = 5_000_000_000, models: [String: String] = [:]
) throws -> Checkpoint {
    var options = Merger.Options()
    (options.seed, options.threads, options.allowsDifferences) = (seed, threads, allowsDifferences)
    options.shardBytes = shardBytes
    options.resolve = { models[$0] ?? Fixtures.model($0) }
    try Merger(MergeConfiguration(text: yaml, path: "config.yml"), options: options).write(to: output)
    return try Checkpoint.open(output)
}

extension Checkpoint {
    /// The hash of all tensors in the order of their names, as the fixtures' script makes it.
    var digest: String {
        var hash = SHA256()
        for name in tensors.keys.sorted() {
            Array(name.utf8).withUnsafeBytes { hash.update($0) }
            tensors[name]?.withUnsafeBytes { hash.update($0) }
        }
        return hash.finish()
    }

    func values(_ name: String) throws -> [Double] { try #require(tensors[name]).numbers() }
}
