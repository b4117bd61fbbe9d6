extension Evaluator {
    static let textFilters: [String: FilterFunction] = [
        "upper": text { $0.pythonUppercased },
        "lower": text { $0.pythonLowercased },
        "capitalize": text { $0.pythonCapitalized },
        "title": text { $0.filterTitlecased },
        "string": { evaluator, value, _ throws(TemplateError) in
            if case .markup = value { return value }
            return .string(try evaluator.marked(value))
        },
        "safe": { evaluator, value, _ throws(TemplateError) in .markup(try evaluator.marked(value)) },
        "escape": { evaluator, value, _ throws(TemplateError) in try evaluator.escape(value) },
        "e": { evaluator, value, _ throws(TemplateError) in try evaluator.escape(value) },
        "forceescape": { evaluator, value, _ throws(TemplateError) in
            .markup(try evaluator.checked(try evaluator.marked(value).escapedForHTML))
        },
        "trim": { evaluator, value, arguments throws(TemplateError) in
            let characters = try arguments.bound(to: ["chars"], of: "trim")[0]
            return .string(try evaluator.strip(try evaluator.marked(value), characters, left: true, right: true))
        },
        "replace": { evaluator, value, arguments throws(TemplateError) in
            let given = try arguments.bound(to: ["old", "new", "count"], required: 2, of: "replace")
            let old = try evaluator.print(given[0] ?? .none)
            let new = try evaluator.marked(given[1] ?? .none)
            return try evaluator.replace(try evaluator.marked(value), old, new, count: given[2])
        },
        "indent": { evaluator, value, arguments throws(TemplateError) in try evaluator.indent(value, arguments) },
        "center": { evaluator, value, arguments throws(TemplateError) in
            let width = try arguments.bound(to: ["width"], of: "center")[0] ?? .integer(80)
            return try evaluator.pad(try evaluator.print(value), to: width, with: " ", left: 1, right: 1)
        },
        "wordcount": { evaluator, value, _ throws(TemplateError) in
            .integer(try evaluator.print(value).wordCount)
        },
        "format": { evaluator, value, arguments throws(TemplateError) in
            guard arguments.keyword.isEmpty || arguments.positional.isEmpty else {
                throw .operation("format takes positional or named arguments, not both")
            }
            var named = Mapping.Members()
            for (name, argument) in arguments.keyword { named[MappingKey(name)] = argument }
            let operand: Value = named.isEmpty ? .tuple(arguments.positional) : .dictionary(Mapping(named))
            return .string(try evaluator.formatPercent(try evaluator.marked(value), with: operand))
        },
        "truncate": { evaluator, value, arguments throws(TemplateError) in try evaluator.truncate(value, arguments) },
        "wordwrap": { evaluator, value, arguments throws(TemplateError) in try evaluator.wrap(value, arguments) },
        "striptags": { evaluator, value, _ throws(TemplateError) in
            .string(try evaluator.print(value).withoutTags)
        },
        "urlencode": { evaluator, value, _ throws(TemplateError) in try evaluator.percentEncode(value) },
    ]

    private static func text(_ map: @escaping @Sendable (String) -> String) -> FilterFunction {
        { (evaluator: Evaluator, value: Value, _: Arguments) throws(TemplateError) -> Value in
            let text = try evaluator.print(value)
            try evaluator.reserve(bytes: text.utf8.count)
            return .string(try evaluator.checked(map(text)))
        }
    }

    private func escape(_ value: Value) throws(TemplateError) -> Value {
        if case .markup = value { return value }
        return .markup(try checked(try marked(value).escapedForHTML))
    }

    private func indent(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let given = try arguments.bound(to: ["width", "first", "blank"], of: "indent")
        let indentation: String
        if let text = given[0]?.text {
            indentation = text
        } else {
            let width = max(try integer(given[0] ?? .integer(4), for: "the width of indent"), 0)
            try reserve(bytes: width)
            indentation = String(repeating: " ", count: width)
        }
        let indentsBlank = given[2]?.isTrue == true
        let lines = (try print(value) + "\n").pythonLines(keepingEnds: false)
        let (added, overflow) = lines.count.multipliedReportingOverflow(by: indentation.utf8.count)
        try reserve(bytes: overflow ? .max : added)
        var result = given[1]?.isTrue == true ? indentation : ""
        for (index, line) in lines.enumerated() {
            if index > 0 {
                result += "\n"
                if indentsBlank || !line.isEmpty { result += indentation }
            }
            result += line
        }
        return .string(try checked(result))
    }

    private func truncate(_ value: Value, _ arguments: Arguments) throws(TemplateError) -> Value {
        let given = try arguments.bound(to: ["length", "killwords", "end", "leeway"], of: "truncate")
        let text = try print(value)
        let scalars = Array(text.unicodeScalars)
        let length = try integer(given[0] ?? .integer(255), for: "the length of truncate")
        let end = try print(given[2] ?? .string("..."))
        let leeway = try integer(given[3] ?? .integer(5), for: "the leeway of truncate")
        let kept = length.subtractingReportingOverflow(end.unicodeScalars.count).partialValue
        guard kept >= 0, leeway >= 0 else {
            throw .operation("truncate needs a length of at least \(end.unicodeScalars.count) and no negative leeway")
        }
        let (most, overflow) = length.addingReportingOverflow(leeway)
        if overflow || scalars.count <= most { return .string(text) }
        var head = scalars[..<min(kept, scalars.count)]
        if given[1]?.isTrue != true, let space = head.lastIndex(of: " ") { head = head[..<space] }
        return .string(String(String.UnicodeScalarView(head)) + end)
    }

    private func percentEncode(_ value: Value) throws(TemplateError) -> Value {
        try spend(on: value)
        var pairs: [Value] = []
        switch value {
        case .dictionary(let mapping): pairs = mapping.members.map { .tuple([$0.key.value, $0.value]) }
        case .list, .tuple, .iterator: pairs = try iterate(value)
        default: return .string(try checked(try print(value).percentEncoded(keeping: "/")))
        }
        var parts: [String] = []
        for pair in pairs {
            let items = try iterate(pair)
            guard items.count == 2 else { throw .operation("urlencode takes pairs of names and values") }
            parts.append(
                try print(items[0]).percentEncoded(keeping: " ") + "="
                    + (try print(items[1]).percentEncoded(keeping: " ")))
        }
        return .string(try checked(parts.joined(separator: "&").replacing(" ", with: "+")))
    }

    func integer(_ value: Value, for purpose: String) throws(TemplateError) -> Int {
        guard let integer = value.integer else {
            throw .operation("\(purpose) is an integer, not a \(value.typeName)")
        }
        return integer
    }
}

extension String {
    /// The runs of word characters, which the filter `wordcount` counts.
    fileprivate var wordCount: Int {
        var count = 0
        var isInWord = false
        for scalar in unicodeScalars {
            let isWord = scalar.isWord
            if isWord, !isInWord { count += 1 }
            isInWord = isWord
        }
        return count
    }

    /// Words begin after white space, hyphens and opening brackets.
    fileprivate var filterTitlecased: String {
        var result = ""
        var word = String.UnicodeScalarView()
        func capitalized(_ word: String.UnicodeScalarView) -> String {
            guard let first = word.first else { return "" }
            return first.properties.uppercaseMapping + String(word.dropFirst()).pythonLowercased
        }
        for scalar in unicodeScalars {
            if scalar.isPythonSpace || "-({[<".unicodeScalars.contains(scalar) {
                result += capitalized(word)
                word.removeAll()
                result.unicodeScalars.append(scalar)
            } else {
                word.append(scalar)
            }
        }
        return result + capitalized(word)
    }

    /// The text without HTML tags and comments, and with white space collapsed.
    fileprivate var withoutTags: String {
        var text = self
        while let start = text.firstRange(of: "<!--"),
            let end = String(text[start.upperBound...]).firstRange(of: "-->")
        {
            let tail = String(text[start.upperBound...])
            text = String(text[..<start.lowerBound]) + String(tail[end.upperBound...])
        }
        var result = String.UnicodeScalarView()
        var tag = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if !tag.isEmpty {
                tag.append(scalar)
                if scalar == ">" { tag.removeAll() }
            } else if scalar == "<" {
                tag.append(scalar)
            } else {
                result.append(scalar)
            }
        }
        result.append(contentsOf: tag)
        let words = result.split(whereSeparator: \.isPythonSpace).map { String($0) }
        return words.joined(separator: " ")
    }

    fileprivate func percentEncoded(keeping safe: String) -> String {
        var result = ""
        for byte in utf8 {
            let scalar = Unicode.Scalar(byte)
            if scalar.isASCII,
                scalar.isNamePart || "-.~".unicodeScalars.contains(scalar)
                    || safe.unicodeScalars.contains(scalar)
            {
                result.unicodeScalars.append(scalar)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.utf8.count == 1 ? "%0" + digits : "%" + digits
            }
        }
        return result
    }
}

extension Unicode.Scalar {
    fileprivate var isWord: Bool {
        if isASCII { return isNamePart }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber:
            return true
        default: return false
        }
    }
}
