extension ToolCallFormat {
    /// Every format.
    public static let all: [ToolCallFormat] = [
        hermes, llama, mistral, mistralArguments, mistralIdentified, commandR, commandR7B, functionary, functionaryTags,
        deepSeek, deepSeek31, harmony, kimi, granite, nemotron, apriel, firefunction, liquid, generic,
    ]

    /// The format of this name; nil if there is none.
    public static func named(_ name: String) -> ToolCallFormat? { all.first { $0.name == name } }

    /// `{"name": "f", "arguments": {...}}`, as most formats have it.
    private static func object(
        name: String = "name", arguments: String = "arguments", end: [Piece] = [.space, .text("}")]
    ) -> [Piece] {
        [
            .text("{"), .space, .text("\"\(name)\":"), .space, .text("\""), .name, .text("\","), .space,
            .text("\"\(arguments)\":"), .space, .arguments,
        ] + end
    }

    /// Hermes, Qwen, SmolLM3, Granite 4 and many more: `<tool_call>{"name": "f", "arguments": {...}}</tool_call>`.
    public static let hermes = ToolCallFormat(
        name: "hermes", opening: "<tool_call>", call: [.space] + object(), closing: [.space, .text("</tool_call>")],
        sectionSeparator: "\n", variants: ["", "\n  ", "\n    "].map(fenced), variantOpening: fence)

    private static let fence = "```json\n{"

    /// What Qwen2.5-Coder writes for Hermes's calls, and many small models with it: the object as a block of code.
    private static func fenced(_ space: String) -> ToolCallFormat {
        ToolCallFormat(
            name: "fenced", opening: "\(fence)\(space)\"name\": \"",
            call: [
                .name, .text("\""), .text(","), .space, .text("\"arguments\":"), .space, .arguments, .space, .text("}"),
            ], closing: [.space, .text("```")])
    }

    /// What a model is told that knows no tools: like ``hermes``.
    public static let generic: ToolCallFormat = {
        var format = ToolCallFormat(
            name: "generic", opening: hermes.opening, call: hermes.call, closing: hermes.closing,
            sectionSeparator: hermes.sectionSeparator, variants: hermes.variants,
            variantOpening: hermes.variantOpening)
        format.explainsTools = true
        return format
    }()

    /// Llama 3: an answer that is `{"name": "f", "parameters": {...}}`.
    static let llama = ToolCallFormat(
        name: "llama3", opening: "{\"name\": \"", opensAnswersOnly: true,
        call: [.name, .text("\","), .space, .text("\"parameters\":"), .space, .arguments, .space, .text("}")],
        hidden: ["<|python_tag|>"])

    /// Mistral 7B v0.3, Nemo, Mixtral: `[TOOL_CALLS][{"name": "f", "arguments": {...}, "id": "abcdefghi"}]`.
    static let mistral = ToolCallFormat(
        name: "mistral", opening: "[TOOL_CALLS]", head: [.space, .text("[")],
        call: [.space]
            + object(end: [.text(","), .space, .text("\"id\":"), .space, .text("\""), .identifier, .text("\"}")]),
        separator: ",", closing: [.text("]")], hasShortIdentifiers: true)

    /// Newer Mistral models: `[TOOL_CALLS]f[ARGS]{...}`.
    static let mistralArguments = ToolCallFormat(
        name: "mistral-args", opening: "[TOOL_CALLS]", call: [.name, .text("[ARGS]"), .arguments],
        sectionSeparator: "", hasShortIdentifiers: true)

    /// Mistral Small 3.2: `[TOOL_CALLS]f[CALL_ID]abcdefghi[ARGS]{...}`.
    static let mistralIdentified = ToolCallFormat(
        name: "mistral-call-id", opening: "[TOOL_CALLS]",
        call: [.name, .text("[CALL_ID]"), .identifier, .text("[ARGS]"), .arguments],
        sectionSeparator: "", hasShortIdentifiers: true)

    /// Command R and R+: a list after `Action:`.
    static let commandR = ToolCallFormat(
        name: "command-r", opening: "Action:", head: [.space, .text("```json"), .space, .text("[")],
        call: [.space] + object(name: "tool_name", arguments: "parameters"),
        separator: ",", closing: [.space, .text("]"), .space, .text("```")])

    /// Command R7B and A: a list between tokens.
    static let commandR7B = ToolCallFormat(
        name: "command-r7b", opening: "<|START_ACTION|>[",
        call: [
            .space, .text("{"), .space, .text("\"tool_call_id\":"), .space, .text("\""), .identifier, .text("\","),
            .space, .text("\"tool_name\":"), .space, .text("\""), .name, .text("\","), .space,
            .text("\"parameters\":"), .space, .arguments, .space, .text("}"),
        ],
        separator: ",", closing: [.space, .text("]<|END_ACTION|>")], hidden: ["<|START_RESPONSE|>", "<|END_RESPONSE|>"])

    /// Functionary 3.2: `>>>f\n{...}`, and `>>>all\n` before text.
    static let functionary = ToolCallFormat(
        name: "functionary-v3.2", opening: ">>>", call: [.name, .text("\n"), .arguments], sectionSeparator: "",
        textName: "all")

    /// Functionary 3.1 and Llama's own variant: `<function=f>{...}</function>`.
    static let functionaryTags = ToolCallFormat(
        name: "functionary-v3.1", opening: "<function=", call: [.name, .text(">"), .arguments],
        closing: [.text("</function>")],
        sectionSeparator: "")

    /// DeepSeek V3 and R1.
    static let deepSeek = ToolCallFormat(
        name: "deepseek-r1", opening: "<｜tool▁calls▁begin｜>",
        call: [
            .text("<｜tool▁call▁begin｜>function<｜tool▁sep｜>"), .name, .text("\n```json\n"), .arguments,
            .text("\n```<｜tool▁call▁end｜>"),
        ], separator: "\n", closing: [.text("<｜tool▁calls▁end｜>")])

    /// DeepSeek V3.1.
    static let deepSeek31 = ToolCallFormat(
        name: "deepseek-v3.1", opening: "<｜tool▁calls▁begin｜>",
        call: [
            .text("<｜tool▁call▁begin｜>"), .name, .text("<｜tool▁sep｜>"), .arguments, .text("<｜tool▁call▁end｜>"),
        ],
        separator: "", closing: [.text("<｜tool▁calls▁end｜>")])

    /// gpt-oss: a message to `functions.f` in the commentary channel.
    static let harmony = ToolCallFormat(
        name: "harmony", opening: " to=functions.", fullOpening: "<|channel|>commentary to=functions.",
        call: [
            .name,
            .oneOf([
                " <|constrain|>json<|message|>", "<|message|>", "<|channel|>commentary json<|message|>",
                "<|channel|>commentary <|constrain|>json<|message|>",
            ]), .arguments,
        ],
        hidden: [
            "<|start|>assistant", "<|channel|>final<|message|>", "<|channel|>commentary<|message|>",
            "<|channel|>commentary", "<|end|>", "<|return|>",
        ])

    /// Kimi K2.
    static let kimi = ToolCallFormat(
        name: "kimi-k2", opening: "<|tool_calls_section_begin|>",
        call: [
            .text("<|tool_call_begin|>functions."), .name, .text(":"), .identifier,
            .text("<|tool_call_argument_begin|>"), .arguments, .text("<|tool_call_end|>"),
        ], separator: "", closing: [.text("<|tool_calls_section_end|>")])

    /// Granite 3: `<|tool_call|>[{"name": "f", "arguments": {...}}]`.
    static let granite = list("granite3", "<|tool_call|>[", "]")
    /// Nemotron Nano 2.
    static let nemotron = list("nemotron", "<TOOLCALL>[", "]</TOOLCALL>")
    /// Apriel 1.5.
    static let apriel = list("apriel", "<tool_calls>[", "]</tool_calls>")
    /// Firefunction v2.
    static let firefunction = list("firefunction-v2", " functools[", "]")

    private static func list(_ name: String, _ opening: String, _ closing: String) -> ToolCallFormat {
        ToolCallFormat(
            name: name, opening: opening, call: [.space] + object(), separator: ",",
            closing: [.space, .text(closing)])
    }

    /// LFM2: `<|tool_call_start|>[f(city="Paris")]<|tool_call_end|>`.
    static let liquid = ToolCallFormat(
        name: "lfm2", opening: "<|tool_call_start|>[", call: [.space, .name, .text("("), .keywords, .text(")")],
        separator: ",", closing: [.text("]<|tool_call_end|>")])
}

extension ToolCallFormat {
    /// The format that a chat template speaks of; ``generic`` if it does not speak of tools, or of calls in a form that is
    /// not known here.
    public init(template: String) {
        self = Self.detect(template) ?? .generic
    }

    /// The first whose words the template has, the more telling ones first.
    private static let signs: [(words: [String], format: ToolCallFormat)] = [
        (["<|channel|>", "commentary channel: 'functions'"], harmony),
        (["[TOOL_CALLS]", "[CALL_ID]"], mistralIdentified),
        (["[TOOL_CALLS]", "[ARGS]"], mistralArguments),
        (["[TOOL_CALLS]"], mistral),
        (["<｜tool▁calls▁begin｜>", "```json"], deepSeek),
        (["<｜tool▁calls▁begin｜>"], deepSeek31),
        (["<|START_ACTION|>", "tool_call_id"], commandR7B),
        (["Action:", "```json", "tool_name"], commandR),
        ([">>>all"], functionary),
        (["<|tool_calls_section_begin|>", "<|tool_call_argument_begin|>"], kimi),
        (["<|tool_call_start|>["], liquid),
        (["<|tool_list_start|>"], liquid),
        (["<TOOLCALL>["], nemotron),
        (["<tool_calls>["], apriel),
        ([" functools["], firefunction),
        (["respond only with <|tool_call|> followed by a JSON list"], granite),
        (["<{start_tag}={function_name}>"], functionaryTags),
        (["<function=", "{\"example_name\": \"example_value\"}</function>"], functionaryTags),
        (["<tool_call>"], hermes),
        (["<|python_tag|>"], llama),
        (["\"parameters\": dictionary of argument name and its value"], llama),
    ]

    /// What marks calls that are written in tags of their own, which nothing here reads.
    private static let unknown = ["<parameter=", "<arg_key>", "<invoke name="]

    private static func detect(_ template: String) -> ToolCallFormat? {
        func has(_ text: String) -> Bool { template.firstRange(of: text) != nil }
        guard has("tools"), !unknown.contains(where: has) else { return nil }
        return signs.first { $0.words.allSatisfy(has) }?.format
    }
}
