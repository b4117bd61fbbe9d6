import JSONValues

/// Writes a flow as Swift: each node is a value that one can read, change and keep under version control, and the flow a type with
/// one function.
public struct FlowExport: Sendable {
    /// The Swift source.
    public let swift: String

    /// Writes a flow.
    ///
    /// - Parameter name: The name of the type; nil for one made of the file's name.
    /// - Throws: `FlowError` for a name that is none, or for a flow that does not run.
    public init(_ flow: FlowFile, name: String? = nil) throws {
        if let problem = FlowCheck(flow).problems.first { throw FlowError(flow.source, problem) }
        let file = flow.source.split(separator: "/").last.map(String.init) ?? flow.source
        let type = name ?? Self.typeName(file)
        guard type.first?.isLetter == true, type.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
        else {
            throw FlowError(flow.source, "\(type) cannot be the name of a type", remedy: "give one: --name Support")
        }
        let nodes = flow.nodes.filter { NodeCatalogue.kind($0.name) != .note }
        let names = Self.names(nodes)
        let kept = Set(nodes.map(\.id))
        let edges = flow.edges.filter { kept.contains($0.source) && kept.contains($0.target) }
        swift = """
            import Swiftlet

            /// \(Self.comment(flow.summary.isEmpty ? "The flow of \(file)." : flow.summary))
            struct \(type) {
                /// Models, collections and hosts that the flow may use.
                var setup: FlowSetup

                /// Answers what the user says.
                func run(_ input: String, budget: Budget = .usual) async throws -> String {
                    let runner = try FlowRunner(Self.flow, setup: setup)
                    return try await budget.run { try await runner.run(input).text }
                }

                static let flow = FlowFile(
                    source: \(Self.literal(file)), summary: \(Self.literal(flow.summary)),
                    nodes: [\(names.joined(separator: ", "))], edges: edges)

            \(zip(nodes, names).map(Self.node).joined(separator: "\n\n"))

                private static let edges: [FlowEdge] = [
            \(edges.map(Self.edge).joined(separator: "\n"))
                ]
            }

            """
    }

    private static func node(_ node: FlowNode, _ name: String) -> String {
        """
            /// \(comment(node.label))
            static let \(name) = FlowNode(
                id: \(literal(node.id)), name: \(literal(node.name)), label: \(literal(node.label)),
                inputs: \(object(node.inputs, indentation: 8)),
                outputs: \(object(node.outputs, indentation: 8)), parent: \(node.parent.map(literal) ?? "nil"))
        """
    }

    private static func edge(_ edge: FlowEdge) -> String {
        """
                FlowEdge(
                    source: \(literal(edge.source)), target: \(literal(edge.target)),
                    sourceHandle: \(literal(edge.sourceHandle)), targetHandle: \(literal(edge.targetHandle))),
        """
    }

    /// Cases are written out: the compiler would take long to find them in nested literals.
    private static func value(_ value: JSON, _ indentation: Int) -> String {
        switch value {
        case .null: ".null"
        case .bool(let flag): ".bool(\(flag))"
        case .integer(let number): ".integer(\(number))"
        case .largeInteger(let digits): ".largeInteger(\(literal(digits)))"
        case .number(let number): ".number(\(number))"
        case .string(let text): ".string(\(literal(text)))"
        case .array(let elements): ".array([\(elements.map { self.value($0, indentation) }.joined(separator: ", "))])"
        case .object(let members): ".object(\(object(members, indentation: indentation)))"
        }
    }

    private static func object(_ members: JSON.Object, indentation: Int) -> String {
        guard !members.isEmpty else { return "[:]" }
        let space = String(repeating: " ", count: indentation)
        let lines = members.map { "\(space)    \(literal($0.key)): \(value($0.value, indentation + 4))," }
        return "[\n\(lines.joined(separator: "\n"))\n\(space)]"
    }

    /// A text as Swift writes it.
    static func literal(_ text: String) -> String {
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": literal += "\\\\"
            case "\"": literal += "\\\""
            case "\n": literal += "\\n"
            case "\r": literal += "\\r"
            case "\t": literal += "\\t"
            case ..<" ", "\u{7F}"..."\u{9F}", "\u{200B}"..."\u{200F}", "\u{2028}"..."\u{202E}", "\u{FEFF}":
                literal += "\\u{\(String(scalar.value, radix: 16))}"
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "\""
    }

    private static func comment(_ text: String) -> String {
        text.split { $0.isNewline || $0.isWhitespace }.joined(separator: " ")
    }

    private static func typeName(_ file: String) -> String {
        let base = file.hasSuffix(".json") ? String(file.dropLast(5)) : file
        let words = base.split { !$0.isASCII || !($0.isLetter || $0.isNumber) }
        let name = words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
        return name.first?.isLetter == true ? name : "Flow\(name)"
    }

    /// Names of constants, made of the ids, each once.
    private static func names(_ nodes: [FlowNode]) -> [String] {
        var taken: Set<String> = ["flow", "edges", "setup", "run"]
        return nodes.map { node in
            let letters = node.id.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
            let base = "node_" + String(letters)
            var (name, number) = (base, 1)
            while !taken.insert(name).inserted {
                number += 1
                name = "\(base)_\(number)"
            }
            return name
        }
    }
}
