import Foundation
import JSONValues
import Testing

@testable import Evaluation

enum Fixtures {
    static func path(_ name: String) throws -> String {
        let folder = try #require(Bundle.module.resourceURL)
        return folder.appending(path: "Fixtures/\(name)").path()
    }

    static func json(_ name: String) throws -> JSON {
        let data = try #require(FileManager.default.contents(atPath: path(name)))
        return try JSON(parsing: Array(data), source: name)
    }
}

extension JSON {
    var texts: [String] { arrayValue?.compactMap(\.stringValue) ?? [] }
    var numbers: [Double] { arrayValue?.compactMap(\.doubleValue) ?? [] }
}

extension Double {
    func isClose(to other: Double?, within tolerance: Double = 1e-6) -> Bool {
        other.map { abs(self - $0) <= tolerance } ?? false
    }
}
