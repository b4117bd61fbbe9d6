import ArgumentParser
import Constraints
import Inference
import JSONValues
import Tokenization

/// `swiftlet grammar`.
struct GrammarCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grammar",
        abstract: "Check texts against a schema or a grammar, or measure how fast masks are made.",
        discussion: """
              swiftlet grammar smollm2 --schema invoice.json < answer.json
              swiftlet grammar smollm2 --schemas maskbench.jsonl.gz --json
            """)

    @Argument(help: "A model of the store, a GGUF file (one with a vocabulary only will do), or a folder.")
    var model: String
    @Option(help: "Follow a benchmark's schemas: JSON lines with name, schema and tests; may be packed with gzip.")
    var schemas: String?
    @Option(help: "Check standard input against the JSON schema in this file.") var schema: String?
    @Option(help: "Check standard input against the grammar in this file: llama.cpp's notation, or Lark's (.lark).")
    var grammar: String?
    @Flag(help: "Members of objects come in the order in which the schema declares them.") var ordered = false
    @Flag(help: "Write one JSON object.") var json = false
    @Flag(help: "Name the schemas that do not pass, and why.") var failures = false

    func validate() throws {
        guard [schemas, schema, grammar].compactMap({ $0 }).count == 1 else {
            throw ValidationError("Give one of --schemas, --schema and --grammar.")
        }
    }

    func run() throws {
        let tokenizer = try Tokenizer(modelOrFolderAt: model)
        let options = SchemaOptions(order: ordered ? .declared : .any)
        if let schemas {
            try measure(GrammarBench(tokenizer, options), schemas)
        } else {
            try check(tokenizer, options)
        }
    }

    private func measure(_ bench: consuming GrammarBench, _ path: String) throws {
        var bench = bench
        let bytes = try GzipFile.read(path)
        for (number, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
            bench.run(try JSON(parsing: Array(line), source: "\(path), line \(number + 1)"))
        }
        if failures {
            for (name, outcome) in bench.outcomes where outcome != .passing { Console.note("\(name): \(outcome)") }
        }
        let report = bench.report
        if json {
            try Console.write(report.text() + "\n")
        } else {
            var table = Table(["", "VALUE"], rightAligned: [1])
            for (key, value) in report.objectValue ?? [:] { table.add([key, value.text(.python)]) }
            try Console.write(table.text)
        }
    }

    private func check(_ tokenizer: Tokenizer, _ options: SchemaOptions) throws {
        let grammar: Grammar
        if let schema {
            grammar = .jsonSchema(try JSON(parsing: try GzipFile.read(schema), source: schema), options)
        } else {
            let path = self.grammar ?? ""
            let text = String(decoding: try GzipFile.read(path), as: UTF8.self)
            grammar = path.hasSuffix(".lark") ? .lark(text) : .gbnf(text)
        }
        var matcher = try Constraint(grammar, TokenTrie(tokenizer)).makeMatcher()
        var input = try Console.standardInput()
        if input.last == UInt8(ascii: "\n") { input.removeLast() }
        var accepted = 0
        for byte in input {
            guard try matcher.accept(bytes: CollectionOfOne(byte)) else { break }
            accepted += 1
        }
        guard accepted == input.count else {
            throw CommandError("it does not match from byte \(accepted) on, after \(Self.end(of: input[..<accepted]))")
        }
        guard matcher.isComplete else { throw CommandError("it matches as far as it goes, but is not complete") }
        try Console.write("it matches\n")
    }

    private static func end(of text: ArraySlice<UInt8>) -> String {
        JSON.string(String(decoding: text.suffix(40), as: UTF8.self)).text()
    }
}
