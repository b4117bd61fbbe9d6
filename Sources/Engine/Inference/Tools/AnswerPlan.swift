public import Constraints

/// What an answer may consist of: reasoning, text, calls of tools. It gives the grammar that makes calls valid, and the parser
/// that takes the answer apart.
///
/// ```swift
/// let weather = Tool(name: "weather", parameters: ["type": "object", "properties": ["city": ["type": "string"]]])
/// let plan = AnswerPlan(tools: [weather], format: ToolCallFormat(template: template))
/// let constraint = try plan.grammar().map { try model.constraint(for: $0) }
/// var parser = plan.makeParser()
/// for part in parser.append("<tool_call>\n{\"name\": \"weather\"") { print(part) }
/// ```
public struct AnswerPlan: Sendable {
    /// The functions that may be called.
    public var tools: [Tool]
    /// Whether and which are called.
    public var choice: ToolChoice
    /// Whether there may be several calls.
    public var allowsParallel: Bool
    /// How calls are written.
    public var format: ToolCallFormat
    /// How reasoning is marked; nil if there is none.
    public var reasoning: ReasoningFormat?
    /// Whether the prompt has begun the reasoning.
    public var beginsReasoning: Bool
    /// What an answer without calls looks like; nil for free text.
    public var answer: Grammar?

    /// Makes a plan; without tools it only tells reasoning from text.
    public init(
        tools: [Tool] = [], choice: ToolChoice = .auto, allowsParallel: Bool = true, format: ToolCallFormat = .generic,
        reasoning: ReasoningFormat? = nil, beginsReasoning: Bool = false, answer: Grammar? = nil
    ) {
        self.tools = tools
        self.choice = choice
        self.allowsParallel = allowsParallel
        self.format = format
        self.reasoning = reasoning
        self.beginsReasoning = beginsReasoning
        self.answer = answer
    }

    /// The tools that an answer can call.
    var callable: [Tool] {
        switch choice {
        case .none: []
        case .function(let name): tools.filter { $0.name == name }
        case .auto, .required: tools
        }
    }

    /// What begins calls of each tool in the variants of the format: the opening, the name, and a quotation mark.
    var variantOpenings: [(opening: String, variant: ToolCallFormat, tool: Tool)] {
        format.variants.flatMap { variant in callable.map { (variant.opening + $0.name + "\"", variant, $0) } }
    }

    /// Texts whose special tokens the parser must see (`GenerationRequest.visibleMarks`).
    public var marks: [String] {
        (callable.isEmpty ? [] : format.marks) + (reasoning.map { [$0.begin, $0.end, $0.link] } ?? [])
    }

    /// Takes an answer apart as it arrives.
    public func makeParser() -> AnswerParser { AnswerParser(self) }
}

extension AnswerPlan {
    /// The grammar of the whole answer; nil where nothing binds it.
    ///
    /// - Throws: `ConstraintError` if a tool's parameters cannot be written in the format.
    public func grammar() throws(ConstraintError) -> Grammar? {
        guard !callable.isEmpty else { return answer.map(afterReasoning) }
        let content = try sectionContent()
        if choice != .auto { return afterReasoning(forced(content)) }
        if let answer { return afterReasoning(.anyOf([forced(content), answer])) }
        return try free(content)
    }

    /// Who names a function wants one call of it.
    private var allowsSeveral: Bool {
        if case .function = choice { return false }
        return allowsParallel
    }

    private var isRepeated: Bool { allowsSeveral && format.sectionSeparator != nil }

    /// Free text with calls in it.
    private func free(_ content: Grammar) throws(ConstraintError) -> Grammar {
        if format.opensAnswersOnly {
            return .anyOf([forced(content), .notBeginning([format.opening])])
        }
        var tags = [StructuralTag(begin: format.opening, content: content, end: "")]
        if !format.variants.isEmpty {
            tags.append(StructuralTag(begin: format.variantOpening, content: try variantContent(), end: ""))
        }
        let text = Grammar.tags(tags, mode: isRepeated ? .free : .atMostOnce)
        guard let textName = format.textName else { return text }
        return .anyOf([forced(content), .sequence([.text(textName + "\n"), text])])
    }

    /// What follows the opening of variants: a call, or what tells that it is none.
    private func variantContent() throws(ConstraintError) -> Grammar {
        var (calls, names): ([Grammar], [String]) = ([], [])
        for (opening, variant, tool) in variantOpenings {
            let name = String(opening.dropFirst(format.variantOpening.count))
            let rest = Array(variant.call.dropFirst(2)) + variant.closing
            names.append(name)
            calls.append(.sequence([.text(name)] + (try rest.grammars(tool))))
        }
        return .anyOf(calls + [.regex(Self.departure(from: names.map { Array($0.unicodeScalars)[...] }))])
    }

    /// A pattern for the shortest texts that begin none of these and that none of these begin.
    private static func departure(from texts: [ArraySlice<Unicode.Scalar>]) -> String {
        let next = Dictionary(grouping: texts.filter { !$0.isEmpty }) { $0[$0.startIndex] }.sorted { $0.key < $1.key }
        func escaped(_ scalar: Unicode.Scalar) -> String {
            guard scalar.isASCII else { return String(scalar) }
            let code = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - code.count) + code
        }
        let others = "[^\(next.map { escaped($0.key) }.joined())]"
        let longer = next.filter { $0.value.contains { $0.count > 1 } }
            .map { escaped($0.key) + departure(from: $0.value.map { $0.dropFirst() }) }
        return "(?:" + ([others] + longer).joined(separator: "|") + ")"
    }

    /// Calls and nothing else.
    private func forced(_ content: Grammar) -> Grammar {
        let opening = format.fullOpening ?? format.opening
        let section = Grammar.sequence([.text(opening), content])
        guard format.textName == nil else {
            // The prompt has the first opening.
            return isRepeated ? .list(content, separator: opening) : content
        }
        return isRepeated ? .list(section, separator: format.sectionSeparator ?? "") : section
    }

    /// The calls of one section with what ends it.
    private func sectionContent() throws(ConstraintError) -> Grammar {
        var calls: [Grammar] = []
        for tool in callable { calls.append(.sequence(try format.call.grammars(tool))) }
        let one = calls.count == 1 ? calls[0] : .anyOf(calls)
        let several = allowsSeveral ? format.separator.map { Grammar.list(one, separator: $0) } : nil
        let (head, closing) = (try format.head.grammars(nil), try format.closing.grammars(nil))
        return .sequence(head + [several ?? one] + closing)
    }

    private func afterReasoning(_ grammar: Grammar) -> Grammar {
        guard let reasoning else { return grammar }
        let rest: [Grammar] = [.upTo(reasoning.end), .text(reasoning.link), .regex("[ \\n]{0,12}"), grammar]
        if beginsReasoning { return .sequence(rest) }
        return .anyOf([grammar, .sequence([.text(reasoning.begin)] + rest)])
    }
}

extension [ToolCallFormat.Piece] {
    /// The pieces of a call of `tool`, or of what stands around calls.
    fileprivate func grammars(_ tool: Tool?) throws(ConstraintError) -> [Grammar] {
        var grammars: [Grammar] = []
        for piece in self {
            switch piece {
            case .text(let text): grammars.append(.text(text))
            case .oneOf(let texts): grammars.append(.anyOf(texts.map { .text($0) }))
            case .space: grammars.append(.regex("[ \\n]{0,12}"))
            case .name: grammars.append(.text(tool?.name ?? ""))
            case .identifier: grammars.append(.regex("[0-9]{1,3}|[a-zA-Z0-9]{9}"))
            case .arguments: grammars.append(.jsonSchema(tool?.argumentSchema ?? true, .compact))
            case .keywords: grammars.append(try KeywordArguments.grammar(tool?.argumentSchema ?? true))
            }
        }
        return grammars
    }
}
