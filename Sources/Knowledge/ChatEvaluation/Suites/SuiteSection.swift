import Essentials
import Evaluation
import JSONValues
import Templating

/// A value of a suite's file and where it stands.
struct SuiteSection {
    let value: JSON
    private let file: LocatedYAML
    /// The keys and numbers that lead to it.
    private let path: [String]

    init(_ file: LocatedYAML) {
        self.init(.object(file.value), file, [])
    }

    private init(_ value: JSON, _ file: LocatedYAML, _ path: [String]) {
        (self.value, self.file, self.path) = (value, file, path)
    }

    /// The value of a key, null being none.
    subscript(key: String) -> SuiteSection? {
        value[key].flatMap { $0.isNull ? nil : SuiteSection($0, file, path + [key]) }
    }

    func error(_ reason: String, _ remedy: String = "") -> EvaluationError {
        EvaluationError(.task, at: file.place(path), reason, remedy: remedy)
    }

    /// Refuses a value that is no mapping and keys that nobody reads.
    func check(_ known: [String]) throws(EvaluationError) {
        guard let members = value.objectValue else { throw error("is \(value.kind), not a mapping of keys") }
        for (key, _) in members where !known.contains(key) {
            let nearest = Spelling.nearest(to: key, among: known)
            throw EvaluationError(
                .task, at: file.place(path + [key]), "is no key here",
                remedy: nearest.map { "\($0) may be meant" } ?? "known are \(known.joined(separator: ", "))")
        }
    }

    func text(_ key: String) throws(EvaluationError) -> String? {
        guard let section = self[key] else { return nil }
        guard let text = section.value.stringValue else { throw section.error("is \(section.value.kind), not a text") }
        return text
    }

    /// A list of texts; a text alone is a list of one.
    func texts(_ key: String) throws(EvaluationError) -> [String] {
        guard let section = self[key] else { return [] }
        let texts = section.value.stringValue.map { [$0] } ?? section.value.arrayValue?.compactMap(\.stringValue)
        guard let texts, section.value.arrayValue.map({ $0.count == texts.count }) ?? true else {
            throw section.error("is no list of texts")
        }
        return texts
    }

    func number(_ key: String, in range: ClosedRange<Double>) throws(EvaluationError) -> Double? {
        guard let section = self[key] else { return nil }
        return try section.number(in: range)
    }

    func number(in range: ClosedRange<Double>) throws(EvaluationError) -> Double {
        guard let number = value.doubleValue, range.contains(number) else {
            throw error("is \(value.text()), not a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(EvaluationError) -> Int? {
        guard let section = self[key] else { return nil }
        guard let number = section.value.intValue, range.contains(number) else {
            throw section.error(
                "is \(section.value.text()), not a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func object(_ key: String) throws(EvaluationError) -> JSON.Object {
        guard let section = self[key] else { return [:] }
        guard let object = section.value.objectValue else {
            throw section.error("is \(section.value.kind), not a mapping of keys")
        }
        return object
    }

    func section(_ key: String) throws(EvaluationError) -> SuiteSection? { self[key] }

    /// The elements of a list.
    func entries(_ key: String) throws(EvaluationError) -> [SuiteSection] {
        guard let section = self[key] else { return [] }
        guard let elements = section.value.arrayValue else {
            throw section.error("is \(section.value.kind), not a list")
        }
        return elements.enumerated().map { SuiteSection($1, file, section.path + ["\($0)"]) }
    }

    /// The elements of a list, each a mapping.
    func sections(_ key: String) throws(EvaluationError) -> [SuiteSection?] { try entries(key) }

    /// A template with variables put in.
    func rendered(_ template: String, _ variables: JSON.Object) throws(EvaluationError) -> String {
        do {
            return try Template(template, name: file.path, limits: TemplateLimits(), style: .plain).render(variables)
        } catch {
            throw self.error(
                "\(error.reason)", "the variables are \(variables.keys.sorted().joined(separator: ", "))")
        }
    }

    /// The text of a file that stands beside the suite.
    func contents(_ name: String) throws(EvaluationError) -> String {
        let other = name.hasPrefix("/") ? name : YAMLFile.folder(of: file.path) + "/" + name
        guard let data = FileManager.default.contents(atPath: other),
            let text = String(validating: data, as: UTF8.self)
        else { throw error("\(other) cannot be read as UTF-8 text") }
        return text
    }
}
