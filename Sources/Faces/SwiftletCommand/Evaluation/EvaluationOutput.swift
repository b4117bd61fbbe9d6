import Essentials
import Evaluation
import Files
import JSONValues

/// Files that evaluations leave, and earlier ones.
enum EvaluationOutput {
    static func write(_ report: EvaluationReport, to folder: String) throws {
        try FileSystem.createFolder(folder)
        try write(
            [
                ("results.json", report.json.text(.pretty) + "\n"), ("results.md", report.markdown),
                ("report.html", report.html),
            ], to: folder)
    }

    static func write(_ comparison: RunComparison, to folder: String) throws {
        try write(
            [
                ("comparison.json", comparison.json.text(.pretty) + "\n"), ("comparison.md", comparison.markdown),
                ("comparison.html", comparison.html),
            ], to: folder)
    }

    /// Writes texts to files of a folder that exists.
    static func write(_ files: [(name: String, text: String)], to folder: String) throws {
        for file in files { try AtomicFile.write(Array(file.text.utf8), to: "\(folder)/\(file.name)") }
    }

    /// The results of an earlier run; nil if the path is no folder with results.json and no file that ends in .json.
    static func earlierRun(_ path: String) throws -> JSON? {
        let inFolder = path + "/results.json"
        let file = FileManager.default.fileExists(atPath: inFolder) ? inFolder : path
        guard file.hasSuffix(".json"), let data = FileManager.default.contents(atPath: file) else { return nil }
        return try JSON(parsing: Array(data), source: file)
    }
}
