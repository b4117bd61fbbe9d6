import Essentials
import JSONValues
import Platform

/// Answers that a model gave, kept in a file of lines so that a run that ended midway goes on from there.
struct AnswerFile {
    private(set) var answers: [TaskRun.Request: JSON] = [:]
    private let path: String?
    private let model: String

    /// Reads the answers of one model; a last line that was torn off does not count.
    init(_ path: String?, model: String) throws(EvaluationError) {
        (self.path, self.model) = (path, model)
        guard let path, let data = FileManager.default.contents(atPath: path) else { return }
        for line in data.split(separator: UInt8(ascii: "\n")) {
            guard let entry = try? JSON(parsing: Array(line), source: path), entry["model"]?.stringValue == model,
                let request = entry["request"].flatMap(TaskRun.Request.init), let answer = entry["answer"]
            else { continue }
            answers[request] = answer
        }
    }

    /// Adds an answer.
    mutating func add(_ request: TaskRun.Request, _ answer: JSON) throws(EvaluationError) {
        answers[request] = answer
        guard let path else { return }
        let line: JSON = ["model": .string(model), "request": request.json, "answer": answer]
        guard let file = fopen(path, "a") else { throw EvaluationError(.data, at: path, "cannot be written") }
        defer { fclose(file) }
        // A torn line before this one must not swallow it.
        let text = "\n" + line.text()
        guard fputs(text, file) >= 0, fflush(file) == 0 else {
            throw EvaluationError(.data, at: path, "cannot be written", remedy: "is the disk full?")
        }
    }
}

extension TaskRun.Request {
    fileprivate var json: JSON {
        switch self {
        case .likelihood(let context, let continuation): ["likelihood", .string(context), .string(continuation)]
        case .rolling(let text): ["rolling", .string(text)]
        case .generation(let context, let settings, let attempt):
            [
                "generation", .string(context), .integer(attempt), .integer(settings.maximumTokens),
                .number(settings.temperature), .number(settings.topP), .array(settings.stops.map { .string($0) }),
            ]
        }
    }

    fileprivate init?(_ json: JSON) {
        guard let text = json[1]?.stringValue else { return nil }
        switch json[0] {
        case "likelihood":
            guard let continuation = json[2]?.stringValue else { return nil }
            self = .likelihood(context: text, continuation: continuation)
        case "rolling": self = .rolling(text)
        case "generation":
            let settings = GenerationSettings(
                stops: json[6]?.arrayValue?.compactMap(\.stringValue) ?? [], maximumTokens: json[3]?.intValue ?? 0,
                temperature: json[4]?.doubleValue ?? 0, topP: json[5]?.doubleValue ?? 1)
            self = .generation(context: text, settings, attempt: json[2]?.intValue ?? 0)
        default: return nil
        }
    }
}
