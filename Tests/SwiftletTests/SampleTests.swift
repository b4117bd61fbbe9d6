import Foundation
import Testing

/// The samples in doc comments and in the README are what `Samples.swift` compiles: readers can copy them.
struct SampleTests {
    private static let root = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL

    @Test func samplesAreThoseThatAreCompiled() throws {
        let compiled = try Self.lines(of: Self.root.appending(path: "Tests/SwiftletTests/Samples.swift"))
        var samples = 0
        for file in try Self.documents() {
            for sample in try Self.samples(in: file) {
                samples += 1
                let isCompiled = compiled.indices.contains { compiled[$0...].starts(with: sample) }
                #expect(isCompiled, "\(file.lastPathComponent): not compiled: \(sample)")
            }
        }
        #expect(samples >= 4)
    }

    /// Swift files of the sources, articles of the library, and the README.
    private static func documents() throws -> [URL] {
        let sources = root.appending(path: "Sources")
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        let found = files.compactMap { $0 as? URL }.filter { ["swift", "md"].contains($0.pathExtension) }
        return found + [root.appending(path: "README.md")]
    }

    /// The blocks of Swift in a document, each as its lines but for imports, which stand at the top of a file.
    private static func samples(in file: URL) throws -> [[String]] {
        var samples: [[String]] = []
        var isInside = false
        for line in try lines(of: file) {
            if line == "```swift" {
                isInside = true
                samples.append([])
            } else if line == "```" {
                isInside = false
            } else if isInside, !line.hasPrefix("import ") {
                samples[samples.count - 1].append(line)
            }
        }
        return samples
    }

    /// Lines without their indentation and comment marks; empty ones are left out.
    private static func lines(of file: URL) throws -> [String] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
            let text = line.trimmingCharacters(in: .whitespaces)
            return text.hasPrefix("///") ? text.dropFirst(3).trimmingCharacters(in: .whitespaces) : text
        }.filter { !$0.isEmpty }
    }
}
