import ArgumentParser
import Constraints
import JSONValues

/// Options that bind an answer to a form.
struct FormOptions: ParsableArguments {
    @Option(help: "The answer is JSON that meets the schema in this file.") var schema: String?
    @Option(
        name: .customLong("grammar"),
        help: "The answer meets the grammar in this file: llama.cpp's notation, or Lark's (.lark).")
    var grammarFile: String?
    @Option(help: "The answer matches this regular expression as a whole.") var regex: String?
    @Option(help: "The answer is one of these words, with commas between them.") var choices: String?

    @Flag(
        help:
            "Complete an answer of such a form that meets the limit of --max-tokens, with as little as the form allows."
    )
    var closeOnLimit = false

    func validate() throws {
        guard [schema, grammarFile, regex, choices].compactMap({ $0 }).count < 2 else {
            throw ValidationError("give one of --schema, --grammar, --regex and --choices")
        }
        if let choices, choices.split(separator: ",").isEmpty {
            throw ValidationError("--choices wants words with commas between them")
        }
        if closeOnLimit, [schema, grammarFile, regex, choices].allSatisfy({ $0 == nil }) {
            throw ValidationError("--close-on-limit needs a form: --schema, --grammar, --regex or --choices")
        }
    }

    /// The form; nil for free text.
    var grammar: Grammar? {
        get throws {
            if let schema {
                return .jsonSchema(try JSON(parsing: try GzipFile.read(schema), source: schema), .compact)
            }
            if let grammarFile {
                guard let text = String(validating: try GzipFile.read(grammarFile), as: UTF8.self) else {
                    throw CommandError("\(grammarFile) is not UTF-8 text")
                }
                return grammarFile.hasSuffix(".lark") ? .lark(text) : .gbnf(text)
            }
            if let regex { return .regex(regex) }
            return choices.map { .choices($0.split(separator: ",").map(String.init)) }
        }
    }
}
