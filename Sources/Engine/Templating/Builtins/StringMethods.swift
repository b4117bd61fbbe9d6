extension Evaluator {
    static let stringMethods: Set<String> = [
        "capitalize", "casefold", "center", "count", "endswith", "expandtabs", "find", "format", "index", "isalnum",
        "isalpha", "isascii", "isdecimal", "isdigit", "islower", "isnumeric", "isspace", "istitle", "isupper",
        "join", "ljust", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "replace", "rfind",
        "rindex", "rjust", "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip",
        "swapcase", "title", "upper", "zfill",
    ]

    /// `text.name(arguments)`.
    func callMethod(_ name: String, of marked: MarkedText, _ arguments: Arguments) throws(TemplateError) -> Value {
        let text = marked.text
        try reserve(bytes: text.utf8.count)
        switch name {
        case "format": return .string(try formatBraces(marked, arguments))
        case "strip", "lstrip", "rstrip":
            let characters = try arguments.bound(to: ["chars"], of: name)[0]
            return .string(try strip(marked, characters, left: name != "rstrip", right: name != "lstrip"))
        case "split", "rsplit": return .list(try split(marked, arguments, fromEnd: name == "rsplit"))
        case "splitlines":
            let keepsEnds = try arguments.bound(to: ["keepends"], of: name)[0]?.isTrue == true
            return .list(text.pythonLines(keepingEnds: keepsEnds).map { .string($0) })
        case "startswith", "endswith": return .bool(try matches(text, name, arguments))
        case "replace":
            let given = try arguments.bound(to: ["old", "new", "count"], required: 2, of: name)
            guard let old = given[0]?.text, let new = given[1]?.marked else {
                throw .operation("replace takes two strings")
            }
            return try replace(marked, old, new, count: given[2])
        case "find", "rfind", "index", "rindex", "count": return try search(text, name, arguments)
        case "join":
            let items = try iterate(try arguments.bound(to: ["iterable"], required: 1, of: name)[0] ?? .none)
            for item in items where item.text == nil {
                throw .operation("join takes strings, not a \(item.typeName)")
            }
            return .string(try joined(items, by: marked))
        case "removeprefix":
            let prefix = try string(arguments, of: name)
            guard text.begins(with: prefix) else { return .string(marked) }
            return .string(marked.part(text.utf8.dropFirst(prefix.utf8.count).startIndex..<text.endIndex))
        case "removesuffix":
            let suffix = try string(arguments, of: name)
            guard text.ends(with: suffix) else { return .string(marked) }
            return .string(marked.part(text.startIndex..<text.utf8.dropLast(suffix.utf8.count).endIndex))
        case "partition", "rpartition": return try partition(marked, name, arguments)
        case "center", "ljust", "rjust":
            let given = try arguments.bound(to: ["width", "fillchar"], required: 1, of: name)
            let fill = given[1]?.text ?? " "
            guard fill.unicodeScalars.count == 1 else { throw .operation("\(name) fills with one character") }
            return try pad(
                text, to: given[0] ?? .none, with: fill, left: name == "ljust" ? 0 : 1, right: name == "rjust" ? 0 : 1)
        case "zfill": return try fillWithZeros(text, arguments)
        case "expandtabs":
            return .string(try expandTabs(text, try arguments.bound(to: ["tabsize"], of: name)[0]))
        default:
            _ = try arguments.bound(to: [], of: name)
            return try convert(text, name)
        }
    }

    private func convert(_ text: String, _ name: String) throws(TemplateError) -> Value {
        let scalars = text.unicodeScalars
        func all(_ holds: (Unicode.Scalar) -> Bool) -> Value { .bool(!scalars.isEmpty && scalars.allSatisfy(holds)) }
        switch name {
        case "upper": return .string(try checked(text.pythonUppercased))
        case "lower": return .string(try checked(text.pythonLowercased))
        case "casefold": return .string(try checked(text.pythonLowercased.replacing("ß", with: "ss")))
        case "capitalize": return .string(try checked(text.pythonCapitalized))
        case "title": return .string(try checked(text.pythonTitlecased))
        case "swapcase": return .string(try checked(text.pythonSwappedCase))
        case "isupper": return .bool(text.isCased(as: text.pythonUppercased))
        case "islower": return .bool(text.isCased(as: text.pythonLowercased))
        case "istitle": return .bool(text.isCased(as: text.pythonTitlecased))
        case "isspace": return all(\.isPythonSpace)
        case "isascii": return .bool(scalars.allSatisfy(\.isASCII))
        case "isalpha": return all(\.isPythonLetter)
        case "isdecimal": return all { $0.properties.generalCategory == .decimalNumber }
        case "isdigit": return all { $0.properties.numericType == .decimal || $0.properties.numericType == .digit }
        case "isnumeric": return all { $0.properties.numericType != nil }
        case "isalnum": return all { $0.isPythonLetter || $0.properties.numericType != nil }
        default: throw .operation("a str has no method '\(name)'")
        }
    }

    private func string(_ arguments: Arguments, of name: String) throws(TemplateError) -> String {
        let value = try arguments.bound(to: ["value"], required: 1, of: name)[0] ?? .none
        guard let text = value.text else { throw .operation("\(name) takes a string, not a \(value.typeName)") }
        return text
    }

    func strip(
        _ text: MarkedText, _ characters: Value?, left: Bool, right: Bool
    ) throws(TemplateError) -> MarkedText {
        guard let characters, !characters.isNone else {
            return text.stripped(left: left, right: right, \.isPythonSpace)
        }
        guard let allowed = characters.text else {
            throw .operation("the characters to strip are a string, not a \(characters.typeName)")
        }
        let set = Set(allowed.unicodeScalars)
        return text.stripped(left: left, right: right, set.contains)
    }

    func replace(
        _ text: MarkedText, _ old: String, _ new: MarkedText, count: Value?
    ) throws(TemplateError) -> Value {
        var limit = Int.max
        if let count, !count.isNone {
            let bound = try integer(count, for: "the count of replace")
            if bound >= 0 { limit = bound }
        }
        try reserve(bytes: text.text.utf8.count)
        let ranges = text.text.ranges(of: old, limit: limit)
        try spend(ranges.count / 4)
        let (added, overflow) = ranges.count.multipliedReportingOverflow(by: new.text.utf8.count)
        try reserve(bytes: overflow ? .max : added)
        return .string(try checked(text.replacing(old, with: new, limit: limit)))
    }

    private func split(
        _ marked: MarkedText, _ arguments: Arguments, fromEnd: Bool
    ) throws(TemplateError) -> [Value] {
        let text = marked.text
        let given = try arguments.bound(to: ["sep", "maxsplit"], of: "split")
        let most = try integer(given[1] ?? .integer(-1), for: "the maxsplit of split")
        let limit = most < 0 ? Int.max : most
        guard let separator = given[0], !separator.isNone else {
            let words = fromEnd ? text.wordsFromEnd(limit: limit) : text.words(limit: limit)
            try spend(words.count / 4)
            return words.map { .string(MarkedText($0, isInput: marked.hasInput)) }
        }
        guard let separator = separator.text, !separator.isEmpty else {
            throw .operation("the separator of split is a string that is not empty")
        }
        let pieces =
            fromEnd && limit < .max
            ? text.piecesFromEnd(separatedBy: separator, limit: limit)
            : text.pieces(separatedBy: separator, limit: limit)
        try spend(pieces.count / 4)
        return marked.marking(pieces, separatorBytes: separator.utf8.count).map { .string($0) }
    }

    private func matches(_ text: String, _ name: String, _ arguments: Arguments) throws(TemplateError) -> Bool {
        let given = try arguments.bound(to: ["prefix", "start", "end"], required: 1, of: name)
        let candidates: [Value]
        if case .tuple(let elements)? = given[0] {
            candidates = elements.items
        } else {
            candidates = [given[0] ?? .none]
        }
        let part = try bounded(text, given[1], given[2])?.text
        for candidate in candidates {
            if case .undefined(let reason) = candidate { throw .undefined(reason) }
            guard let affix = candidate.text else {
                throw .operation("\(name) takes a string or a tuple of strings, not a \(candidate.typeName)")
            }
            if let part, name == "startswith" ? part.begins(with: affix) : part.ends(with: affix) { return true }
        }
        return false
    }

    private func search(_ text: String, _ name: String, _ arguments: Arguments) throws(TemplateError) -> Value {
        let given = try arguments.bound(to: ["sub", "start", "end"], required: 1, of: name)
        guard let part = given[0]?.text else { throw .operation("\(name) looks for a string") }
        guard let (window, offset) = try bounded(text, given[1], given[2]) else {
            if name.ends(with: "index") { throw .operation("\(name) does not find the string") }
            return .integer(name == "count" ? 0 : -1)
        }
        if name == "count" { return .integer(window.ranges(of: part).count) }
        let position: String.Index?
        if name.begins(with: "r") {
            let reversed = String(String.UnicodeScalarView(window.unicodeScalars.reversed()))
            let reversedPart = String(String.UnicodeScalarView(part.unicodeScalars.reversed()))
            let end = reversed.firstRange(of: reversedPart)?.upperBound
            position = end.map { end in
                let rest = reversed.unicodeScalars.distance(from: end, to: reversed.endIndex)
                return window.unicodeScalars.index(window.startIndex, offsetBy: rest)
            }
        } else {
            position = window.firstRange(of: part)?.lowerBound
        }
        guard let position else {
            if name.ends(with: "index") { throw .operation("\(name) does not find the string") }
            return .integer(-1)
        }
        return .integer(offset + window.unicodeScalars.distance(from: window.startIndex, to: position))
    }

    /// The part of `text` from `start` to `end`, and where it begins; nil if it begins beyond the end of the text.
    private func bounded(
        _ text: String, _ start: Value?, _ end: Value?
    ) throws(TemplateError) -> (text: String, offset: Int)? {
        let start = start.flatMap { $0.isNone ? nil : $0 }
        let end = end.flatMap { $0.isNone ? nil : $0 }
        if start == nil, end == nil { return (text, 0) }
        let scalars = Array(text.unicodeScalars)
        func clamp(_ bound: Int) -> Int { min(max(bound < 0 ? bound + scalars.count : bound, 0), scalars.count) }
        let first = try start.map { value throws(TemplateError) in try integer(value, for: "the start") } ?? 0
        let last = try end.map { value throws(TemplateError) in try integer(value, for: "the end") } ?? scalars.count
        guard first <= scalars.count, clamp(first) <= clamp(last) else { return nil }
        return (String(String.UnicodeScalarView(scalars[clamp(first)..<clamp(last)])), clamp(first))
    }

    private func partition(
        _ marked: MarkedText, _ name: String, _ arguments: Arguments
    ) throws(TemplateError) -> Value {
        let text = marked.text
        let separator = try string(arguments, of: name)
        guard !separator.isEmpty else { throw .operation("the separator of \(name) is empty") }
        let isLast = name == "rpartition"
        let pieces =
            isLast
            ? text.piecesFromEnd(separatedBy: separator, limit: 1) : text.pieces(separatedBy: separator, limit: 1)
        guard pieces.count == 2 else {
            let empty = Value.string("")
            return .tuple(isLast ? [empty, empty, .string(marked)] : [.string(marked), empty, empty])
        }
        return .tuple(
            marked.marking([pieces[0], separator, pieces[1]], separatorBytes: 0).map { .string($0) })
    }
}

extension Unicode.Scalar {
    /// Python's `str.isalpha` for one scalar.
    fileprivate var isPythonLetter: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }
}
