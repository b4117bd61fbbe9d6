import Files
import JSONValues

/// The file `metrics.jsonl`, a line a step, and TensorBoard's beside it.
final class MetricsLog {
    private let file: OutputFile
    private let events: EventFile?

    /// Opens the log in `folder`.
    ///
    /// - Parameter step: the steps that are done; later ones that an interrupted run wrote are taken back.
    init(folder: String, after step: Int, writesEvents: Bool) throws(FileError) {
        let path = folder + "/metrics.jsonl"
        try FileSystem.createFolder(folder)
        if step > 0, FileSystem.isFile(path) {
            try Self.keep(upTo: step, path)
            file = try OutputFile(path: path, at: .end)
        } else {
            file = try OutputFile(path: path, at: .empty)
        }
        events = writesEvents ? try EventFile(folder: folder + "/tensorboard") : nil
    }

    func add(_ metrics: StepMetrics) throws(FileError) {
        try file.write(Array((metrics.json.text() + "\n").utf8))
        try events?.add(step: metrics.step, metrics.values)
    }

    /// The losses of evaluations that an interrupted run wrote, up to a step.
    static func evaluations(folder: String, upTo step: Int) throws(FileError) -> [(step: Int, loss: Double)] {
        let path = folder + "/metrics.jsonl"
        guard step > 0, FileSystem.isFile(path) else { return [] }
        return try FileSystem.contents(of: path, limit: 4 << 30).split(separator: UInt8(ascii: "\n")).compactMap {
            line in
            guard let entry = try? JSON(parsing: Array(line), source: path), let number = entry["step"]?.intValue,
                number <= step, let loss = entry["eval_loss"]?.doubleValue
            else { return nil }
            return (number, loss)
        }
    }

    private static func keep(upTo step: Int, _ path: String) throws(FileError) {
        var kept: [UInt8] = []
        for line in try FileSystem.contents(of: path, limit: 4 << 30).split(separator: UInt8(ascii: "\n")) {
            guard let entry = try? JSON(parsing: Array(line), source: path), let number = entry["step"]?.intValue,
                number <= step
            else { continue }
            kept += line + [UInt8(ascii: "\n")]
        }
        try AtomicFile.write(kept, to: path)
    }
}
