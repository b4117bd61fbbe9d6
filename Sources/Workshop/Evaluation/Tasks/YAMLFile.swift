import Essentials
package import JSONValues
import Yams

/// Reads YAML files with lm-evaluation-harness's `include` and its refusal of code.
package enum YAMLFile {
    /// The file as one object, what it includes underneath.
    ///
    /// - Throws: `EvaluationError` naming file and key; of kind `.refused` for `!function`, which would be Python.
    static func read(_ path: String, depth: Int = 0) throws(EvaluationError) -> JSON.Object {
        guard depth < 16 else {
            throw EvaluationError(
                .task, at: path, "includes more than 16 files in a row", remedy: "files include each other")
        }
        var members = try located(path).value
        let includes = members["include"].map { $0.arrayValue ?? [$0] } ?? []
        members["include"] = nil
        var result = JSON.Object()
        for include in includes {
            guard let name = include.stringValue else {
                throw EvaluationError(.task, at: "\(path), include", "is \(include.kind), not a file")
            }
            let other = name.hasPrefix("/") ? name : folder(of: path) + "/" + name
            result.merge(try read(other, depth: depth + 1)) { $1 }
        }
        return result.merging(members) { $1 }
    }

    /// The file as one object, with the line of each value.
    ///
    /// - Throws: `EvaluationError` naming file and key; of kind `.refused` for `!function`, which would be Python.
    package static func located(_ path: String) throws(EvaluationError) -> LocatedYAML {
        guard let data = FileManager.default.contents(atPath: path), let text = String(validating: data, as: UTF8.self)
        else { throw EvaluationError(.task, at: path, "cannot be read as UTF-8 text") }
        let node: Node?
        do { node = try Yams.compose(yaml: text) } catch {
            throw EvaluationError(.task, at: path, "is not valid YAML: \(error)")
        }
        var reading = Reading()
        guard let node, case .object(let members) = try value(node, at: path, &reading) else {
            throw EvaluationError(
                .task, at: path, "is no mapping of keys", remedy: "a task has keys such as doc_to_text")
        }
        return LocatedYAML(path: path, value: members, lines: reading.lines)
    }

    package static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    /// References can make a short file endless.
    private static let maximumValues = 1_000_000

    private struct Reading {
        /// How many more values there may be.
        var left = YAMLFile.maximumValues
        /// The line of each value, from 1, by the place that errors name.
        var lines: [String: Int] = [:]
    }

    private static func value(
        _ node: Node, at place: String, _ reading: inout Reading
    ) throws(EvaluationError) -> JSON {
        reading.left -= 1
        guard reading.left > 0 else {
            throw EvaluationError(
                .task, at: place, "the file has more than \(maximumValues) values, references written out",
                remedy: "data belong into files of their own")
        }
        if node.tag.rawValue.hasPrefix("!function") {
            throw EvaluationError(
                .refused, at: place, "calls the Python function \(node.scalar?.string ?? "")",
                remedy: "code of task files is not run; write the step as a template or a filter")
        }
        switch node {
        case .scalar(let scalar): return self.scalar(node, scalar.string)
        case .sequence(let sequence):
            var elements: [JSON] = []
            for (index, element) in sequence.enumerated() {
                reading.lines["\(place)[\(index)]"] = element.mark?.line
                elements.append(try value(element, at: "\(place)[\(index)]", &reading))
            }
            return .array(elements)
        case .mapping(let mapping):
            var members = JSON.Object()
            for (key, element) in mapping {
                let name = key.scalar?.string ?? ""
                reading.lines["\(place), \(name)"] = key.mark?.line
                members[name] = try value(element, at: "\(place), \(name)", &reading)
            }
            return .object(members)
        default: throw EvaluationError(.task, at: place, "refers to another place", remedy: "write the value out")
        }
    }

    private static func scalar(_ node: Node, _ text: String) -> JSON {
        guard node.scalar?.style == .plain || node.scalar?.style == .any else { return .string(text) }
        if node.null != nil { return .null }
        if let flag = node.bool { return .bool(flag) }
        if let number = node.int { return .integer(number) }
        // Python's reader wants a point in a number; 1e5 is a text to it, and no task means that.
        if let number = node.float { return .number(number) }
        return .string(text)
    }
}

/// A YAML file and where its values stand.
package struct LocatedYAML: Sendable {
    /// The file.
    package let path: String
    /// Its keys and values.
    package let value: JSON.Object
    fileprivate let lines: [String: Int]

    /// The place of a value in errors, by the keys and numbers that lead to it: the file, the line, and those.
    package func place(_ steps: [String]) -> String {
        var (place, line) = (path, nil as Int?)
        for step in steps {
            let (element, member) = ("\(place)[\(step)]", "\(place), \(step)")
            place = lines[element] != nil ? element : member
            line = lines[place] ?? line
        }
        guard let line else { return place }
        return "\(path), line \(line)" + place.dropFirst(path.count)
    }
}
