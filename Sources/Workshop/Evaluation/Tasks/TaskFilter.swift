import JSONValues
import Templating

/// One step between a model's answers and what is scored (the filters of lm-evaluation-harness).
enum TaskFilter: Sendable {
    case takeFirst
    case takeFirstK(Int)
    case majorityVote
    case lowercase
    case uppercase
    case stripSpace
    case regex(PythonRegex, group: Int, fallback: String)
    case map([String: JSON], standard: JSON)

    /// Reads a step; `place` names it in errors.
    init(_ step: JSON, at place: String) throws(EvaluationError) {
        let name = step["function"]?.stringValue ?? ""
        switch name {
        case "take_first": self = .takeFirst
        case "take_first_k": self = .takeFirstK(max(step["k"]?.intValue ?? 1, 1))
        case "majority_vote": self = .majorityVote
        case "lowercase": self = .lowercase
        case "uppercase": self = .uppercase
        case "remove_whitespace": self = .stripSpace
        case "regex":
            let regex = try PythonRegex(
                step["regex_pattern"]?.stringValue ?? #"#### (\-?[0-9\.\,]+)"#, at: "\(place), regex_pattern")
            self = .regex(
                regex, group: step["group_select"]?.intValue ?? 0,
                fallback: step["fallback"]?.stringValue ?? "[invalid]")
        case "map":
            var table: [String: JSON] = [:]
            for (key, value) in step["mapping_dict"]?.objectValue ?? [:] { table[key] = value }
            self = .map(table, standard: step["default_value"] ?? .null)
        default:
            throw EvaluationError(
                .task, at: place, "\(name) is no filter that is known here",
                remedy:
                    "known are take_first, take_first_k, majority_vote, lowercase, uppercase, remove_whitespace, regex, map"
            )
        }
    }

    /// What becomes of a question's answers.
    func apply(_ answers: [String]) -> [String] {
        switch self {
        case .takeFirst: return Array(answers.prefix(1))
        case .takeFirstK(let count): return Array(answers.prefix(count))
        case .majorityVote:
            var counts: [String: Int] = [:]
            for answer in answers { counts[answer, default: 0] += 1 }
            let most = counts.values.max()
            return answers.first { counts[$0] == most }.map { [$0] } ?? []
        case .lowercase: return answers.map(\.pythonLowercased)
        case .uppercase: return answers.map { $0.uppercased() }
        case .stripSpace: return answers.map(\.strippedOfSpace)
        case .regex(let regex, let group, let fallback):
            return answers.map { Self.extract(regex, group, $0) ?? fallback }
        case .map(let table, let standard):
            return answers.map { (table[$0] ?? standard).stringValue ?? (table[$0] ?? standard).text() }
        }
    }

    /// What Python's `findall` gives: the whole match without groups, else the only group, else the first group that is not empty.
    private static func extract(_ regex: PythonRegex, _ number: Int, _ answer: String) -> String? {
        let matches = regex.matches(in: answer)
        let index = number < 0 ? matches.count + number : number
        guard matches.indices.contains(index) else { return nil }
        let match = matches[index]
        let text =
            match.count == 1
            ? match[0] : match.count == 2 ? match[1] ?? "" : match.dropFirst().compactMap(\.self).first { !$0.isEmpty }
        return text?.strippedOfSpace
    }
}
