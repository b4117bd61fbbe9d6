import Foundation
import JSONValues
import Testing

/// The large reference data that scripts make in the folder which `SWIFTLET_REFERENCE_DATA` names.
enum ReferenceData {
    static let folder = ProcessInfo.processInfo.environment["SWIFTLET_REFERENCE_DATA"]

    /// The names of the JSON files in a subfolder.
    static func files(in subfolder: String) -> [String] {
        guard let folder else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(subfolder)")) ?? []
        return names.filter { $0.hasSuffix(".json") }.sorted()
    }

    static func read(_ path: String) throws -> JSON {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder ?? ".")/\(path)"))
        return try JSON(parsing: Array(data), source: path)
    }
}

extension JSON {
    /// The integers of an array.
    var ids: [Int32] { (arrayValue ?? []).compactMap { $0.intValue.map(Int32.init) } }
}
