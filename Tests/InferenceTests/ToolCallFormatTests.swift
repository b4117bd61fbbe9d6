import Constraints
import Foundation
import Inference
import JSONValues
import Testing

/// Calls as models write them: what the grammar allows is what the parser reads, in whatever pieces it arrives.
@Suite struct ToolCallFormatTests {
    static let tools = [
        Tool(
            name: "weather", description: "The weather of a city.",
            parameters: [
                "type": "object",
                "properties": ["city": ["type": "string"], "days": ["type": "integer"], "exact": ["type": "boolean"]],
                "required": ["city"],
            ]),
        Tool(name: "now"),
    ]
    static let specials = [
        "[TOOL_CALLS]", "[ARGS]", "[CALL_ID]", "<|START_ACTION|>", "<|END_ACTION|>", "<|channel|>", "<|message|>",
        "<|constrain|>", "<|start|>", "<|end|>", "<|tool_call_start|>", "<|tool_call_end|>", "<|python_tag|>",
        "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>", "<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>", "<｜tool▁sep｜>",
    ]
    /// All bytes, the special tokens, and the end.
    static let trie = TokenTrie(
        tokens: (0...254).map { [UInt8($0)] } + specials.map { _ in [] } + [[]],
        endTokens: [Int32(255 + specials.count)],
        specialTokens: Dictionary(uniqueKeysWithValues: specials.enumerated().map { (Int32(255 + $0), $1) }))

    struct Sample: Sendable, CustomTestStringConvertible {
        var format: String
        /// Text, if there can be some, and then a call of `weather`.
        var one: String
        /// Calls of both; nil where an answer has one.
        var two: String?
        var testDescription: String { format }
    }

    static let samples: [Sample] = [
        Sample(
            format: "hermes",
            one:
                "Let me see.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Bonn }\\\"\"}}\n</tool_call>",
            two:
                "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Bonn }\\\"\"}}\n</tool_call>\n<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>"
        ),
        Sample(format: "llama3", one: "{\"name\": \"weather\", \"parameters\": {\"city\": \"Bonn }\\\"\"}}"),
        Sample(
            format: "mistral",
            one:
                "[TOOL_CALLS][{\"name\": \"weather\", \"arguments\": {\"city\": \"Bonn }\\\"\"}, \"id\": \"abcdef123\"}]",
            two:
                "[TOOL_CALLS][{\"name\": \"weather\", \"arguments\": {\"city\": \"Bonn }\\\"\"}, \"id\": \"abcdef123\"}, {\"name\": \"now\", \"arguments\": {}, \"id\": \"abcdef124\"}]"
        ),
        Sample(
            format: "mistral-args", one: "Let me see.[TOOL_CALLS]weather[ARGS]{\"city\": \"Bonn }\\\"\"}",
            two: "[TOOL_CALLS]weather[ARGS]{\"city\": \"Bonn }\\\"\"}[TOOL_CALLS]now[ARGS]{}"),
        Sample(
            format: "mistral-call-id",
            one: "Let me see.[TOOL_CALLS]weather[CALL_ID]abcdef123[ARGS]{\"city\": \"Bonn }\\\"\"}",
            two:
                "[TOOL_CALLS]weather[CALL_ID]abcdef123[ARGS]{\"city\": \"Bonn }\\\"\"}[TOOL_CALLS]now[CALL_ID]abcdef124[ARGS]{}"
        ),
        Sample(
            format: "command-r",
            one:
                "Let me see.\nAction: ```json\n[\n    {\n    \"tool_name\": \"weather\",\n    \"parameters\": {\"city\": \"Bonn }\\\"\"}\n    }\n]\n```",
            two:
                "Action:\n```json\n[\n    {\"tool_name\": \"weather\", \"parameters\": {\"city\": \"Bonn }\\\"\"}},\n    {\"tool_name\": \"now\", \"parameters\": {}}\n]```"
        ),
        Sample(
            format: "command-r7b",
            one:
                "Let me see.<|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": \"weather\", \"parameters\": {\"city\": \"Bonn }\\\"\"}}\n]<|END_ACTION|>",
            two:
                "<|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": \"weather\", \"parameters\": {\"city\": \"Bonn }\\\"\"}},\n    {\"tool_call_id\": \"1\", \"tool_name\": \"now\", \"parameters\": {}}\n]<|END_ACTION|>"
        ),
        Sample(
            format: "functionary-v3.2", one: "all\nLet me see.>>>weather\n{\"city\": \"Bonn }\\\"\"}",
            two: "weather\n{\"city\": \"Bonn }\\\"\"}>>>now\n{}"),
        Sample(
            format: "functionary-v3.1", one: "Let me see.<function=weather>{\"city\": \"Bonn }\\\"\"}</function>",
            two: "<function=weather>{\"city\": \"Bonn }\\\"\"}</function><function=now>{}</function>"),
        Sample(
            format: "deepseek-r1",
            one:
                "Let me see.\n<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n```json\n{\"city\": \"Bonn }\\\"\"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
            two:
                "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n```json\n{\"city\": \"Bonn }\\\"\"}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>now\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
        ),
        Sample(
            format: "deepseek-v3.1",
            one:
                "Let me see.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>weather<｜tool▁sep｜>{\"city\": \"Bonn }\\\"\"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
            two:
                "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>weather<｜tool▁sep｜>{\"city\": \"Bonn }\\\"\"}<｜tool▁call▁end｜><｜tool▁call▁begin｜>now<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
        ),
        Sample(
            format: "harmony",
            one:
                "<|channel|>commentary<|message|>Let me see.<|end|><|start|>assistant<|channel|>commentary to=functions.weather <|constrain|>json<|message|>{\"city\": \"Bonn }\\\"\"}"
        ),
        Sample(
            format: "kimi-k2",
            one:
                "Let me see.<|tool_calls_section_begin|><|tool_call_begin|>functions.weather:0<|tool_call_argument_begin|>{\"city\": \"Bonn }\\\"\"}<|tool_call_end|><|tool_calls_section_end|>",
            two:
                "<|tool_calls_section_begin|><|tool_call_begin|>functions.weather:0<|tool_call_argument_begin|>{\"city\": \"Bonn }\\\"\"}<|tool_call_end|><|tool_call_begin|>functions.now:1<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>"
        ),
        Sample(
            format: "granite3",
            one: "<|tool_call|>[{\"name\": \"weather\", \"arguments\": {\"city\": \"Bonn }\\\"\"}}]",
            two:
                "<|tool_call|>[{\"name\": \"weather\", \"arguments\": {\"city\": \"Bonn }\\\"\"}}, {\"name\": \"now\", \"arguments\": {}}]"
        ),
        Sample(
            format: "nemotron",
            one: "Let me see.<TOOLCALL>[{\"name\": \"weather\", \"arguments\": {\"city\": \"Bonn }\\\"\"}}]</TOOLCALL>",
            two:
                "<TOOLCALL>[{\"name\": \"weather\", \"arguments\": {\"city\": \"Bonn }\\\"\"}}, {\"name\": \"now\", \"arguments\": {}}]</TOOLCALL>"
        ),
        Sample(
            format: "lfm2",
            one: "Let me see.<|tool_call_start|>[weather(city=\"Bonn }\\\"\")]<|tool_call_end|>",
            two: "<|tool_call_start|>[weather(city=\"Bonn }\\\"\"), now()]<|tool_call_end|>"),
    ]

    private func plan(_ format: String, _ choice: ToolChoice = .auto, parallel: Bool = true) throws -> AnswerPlan {
        AnswerPlan(
            tools: Self.tools, choice: choice, allowsParallel: parallel,
            format: try #require(ToolCallFormat.named(format)))
    }

    private func read(_ text: String, _ plan: AnswerPlan, piece: Int) -> AnswerContents {
        var parser = plan.makeParser()
        var contents = AnswerContents()
        var rest = text[...]
        while !rest.isEmpty {
            for part in parser.append(String(rest.prefix(piece))) { contents.append(part) }
            rest = rest.dropFirst(piece)
        }
        for part in parser.finish() { contents.append(part) }
        return contents
    }

    /// Whether the model can write `text` token by token and end there.
    private func accepts(_ plan: AnswerPlan, _ text: String) throws -> Bool {
        let grammar = try #require(try plan.grammar())
        var matcher = try Constraint(grammar, Self.trie).makeMatcher()
        var rest = text[...]
        while !rest.isEmpty {
            let token: Int32
            if let special = Self.specials.firstIndex(where: { rest.hasPrefix($0) }) {
                token = Int32(255 + special)
                rest = rest.dropFirst(Self.specials[special].count)
                guard try matcher.accept(token) else { return false }
                continue
            }
            for byte in String(rest.removeFirst()).utf8 {
                guard try matcher.accept(Int32(byte)) else { return false }
            }
        }
        return matcher.isComplete
    }

    @Test(arguments: samples) func callsAreReadInAnyPieces(_ sample: Sample) throws {
        for text in [sample.one, sample.two].compactMap(\.self) {
            let plan = try plan(sample.format)
            let whole = read(text, plan, piece: text.count)
            for piece in [1, 2, 7] {
                let contents = read(text, plan, piece: piece)
                #expect(contents.text == whole.text)
                #expect(contents.calls.map(\.arguments) == whole.calls.map(\.arguments))
            }
            #expect(whole.text == (text.contains("Let me see.") ? "Let me see." : ""))
            #expect(whole.calls.map(\.name) == (text == sample.two ? ["weather", "now"] : ["weather"]))
            #expect(
                whole.calls.map(\.arguments) == Array(["{\"city\": \"Bonn }\\\"\"}", "{}"].prefix(whole.calls.count)))
            #expect(Set(whole.calls.map(\.id)).count == whole.calls.count)
        }
    }

    @Test(arguments: samples) func grammarsAllowThem(_ sample: Sample) throws {
        let one = sample.one
        #expect(try accepts(plan(sample.format), one))
        #expect(try accepts(plan(sample.format, parallel: false), one))
        #expect(try !accepts(plan(sample.format), one.replacing("Bonn }\\\"\"", with: "Bonn\", \"more\": 1")))
        #expect(try !accepts(plan(sample.format), one.replacing("weather", with: "whether")))
        let isBare = !one.contains("Let me see.")
        #expect(try accepts(plan(sample.format, .required), one) == isBare)
        #expect(try !accepts(plan(sample.format, .function("now")), one))
        #expect(try accepts(plan(sample.format), sample.format == "functionary-v3.2" ? "all\nHello." : "Hello."))
        #expect(try !accepts(plan(sample.format, .required), "Hello."))
        if isBare { #expect(try accepts(plan(sample.format, .function("weather")), one)) }
        guard let two = sample.two else { return }
        #expect(try !accepts(plan(sample.format, .function("now")), two.replacing("weather", with: "now")))
        #expect(try accepts(plan(sample.format), two))
        #expect(try accepts(plan(sample.format, .required), two))
        #expect(try !accepts(plan(sample.format, .required, parallel: false), two))
        // Calls are whole.
        #expect(try !accepts(plan(sample.format), String(two.prefix(two.count / 2))))
    }

    /// What models write beside their template's form is a call if it names a tool, and text if not.
    @Test(arguments: ["hermes", "generic"]) func objectsInBlocksOfCode(format: String) throws {
        for space in ["", "\n  ", "\n    "] {
            let call = "```json\n{\(space)\"name\": \"weather\",\(space)\"arguments\": {\"city\": \"Bonn\"}}\n```"
            let text = "Let me see.\n" + call + "\n" + call.replacing("Bonn", with: "Rome")
            #expect(try accepts(plan(format), text))
            #expect(try accepts(plan(format, parallel: false), "Let me see.\n" + call))
            #expect(try !accepts(plan(format), text.replacing("\"city\"", with: "\"town\"")))
            for piece in [1, 3, 100] {
                let contents = try read(text, plan(format), piece: piece)
                #expect(contents.text == "Let me see.")
                #expect(contents.calls.map(\.arguments) == [#"{"city": "Bonn"}"#, #"{"city": "Rome"}"#])
            }
            let data = call.replacing("weather", with: "Jane Doe")
            #expect(try accepts(plan(format), data.replacing("arguments", with: "age")))
            #expect(try read(data, plan(format), piece: 2).text == data)
        }
    }

    @Test func argumentsOfPythonBecomeJSON() throws {
        let text = "<|tool_call_start|>[weather(city=\"B\\\", c=1\", days=3, exact=True)]<|tool_call_end|>"
        #expect(try accepts(plan("lfm2"), text))
        #expect(
            try read(text, plan("lfm2"), piece: 1).calls[0].arguments
                == #"{"city": "B\", c=1", "days": 3, "exact": true}"#)
        #expect(try !accepts(plan("lfm2"), text.replacing("days=3", with: "days=\"3\"")))
    }

    /// A special token's name that is spelled out with letters is no call.
    @Test func spelledNamesAreNotAllowed() throws {
        let grammar = try #require(try plan("mistral-args").grammar())
        var matcher = try Constraint(grammar, Self.trie).makeMatcher()
        for byte in "[TOOL_CALLS".utf8 { #expect(try matcher.accept(Int32(byte))) }
        #expect(try !matcher.accept(Int32(UInt8(ascii: "]"))))
    }

    @Test(arguments: [
        ("hermes", "{%- if tools %}<tool_call>"), ("llama3", "tools <|python_tag|>"),
        ("mistral", "tools [TOOL_CALLS]["), ("generic", "{{ messages }}"), ("generic", "tools <arg_key> <tool_call>"),
        ("hermes", "tools <tool_call> <|python_tag|>"),
    ])
    func formatsAreFoundInTemplates(name: String, template: String) {
        #expect(ToolCallFormat(template: template).name == name)
    }

    // MARK: Reasoning

    @Test(arguments: [1, 3, 100]) func reasoningIsApart(piece: Int) throws {
        var plan = try plan("hermes")
        plan.reasoning = ReasoningFormat.detected(in: "... </think>")
        let call = "<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>"
        let answer = read("<think>\nHm <b>.\n</think>\n\nHi <there>. \n" + call, plan, piece: piece)
        #expect(answer.reasoning == "Hm <b>." && answer.text == "Hi <there>." && answer.calls.count == 1)
        plan.beginsReasoning = true
        #expect(read("\nHm.\n</think>\nHi.\n", plan, piece: piece).text == "Hi.\n")
        #expect(read("cut off ", plan, piece: piece).reasoning == "cut off")
        plan.choice = .required
        #expect(try accepts(plan, "Hm.\n</think>\n\n" + call))
        #expect(try !accepts(plan, call))
        let plain = AnswerPlan()
        #expect(read(" <think>a</think> \n", plain, piece: piece).text == " <think>a</think> \n")
    }

    @Test func harmonyHasChannels() throws {
        var plan = try plan("harmony")
        plan.reasoning = ReasoningFormat.detected(in: "<|channel|>analysis<|message|>")
        let thought = "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant"
        for piece in [1, 5, 200] {
            let answer = read(thought + "<|channel|>final<|message|>Hello.", plan, piece: piece)
            #expect(answer.reasoning == "Hm." && answer.text == "Hello." && answer.calls.isEmpty)
            let call = "<|channel|>commentary to=functions.now <|constrain|>json<|message|>{}"
            let calling = read(thought + call, plan, piece: piece)
            #expect(calling.reasoning == "Hm." && calling.text.isEmpty && calling.calls.map(\.arguments) == ["{}"])
            plan.choice = .required
            #expect(try accepts(plan, thought + call) && accepts(plan, call))
            plan.choice = .auto
            #expect(try accepts(plan, thought + call))
        }
    }

    /// The templates that come with llama.cpp, where they are there (`SWIFTLET_REFERENCE_DATA`/templates).
    @Test(.enabled(if: ProcessInfo.processInfo.environment["SWIFTLET_REFERENCE_DATA"] != nil))
    func formatsOfPublishedTemplates() throws {
        let folder = ProcessInfo.processInfo.environment["SWIFTLET_REFERENCE_DATA"].map { $0 + "/templates/" } ?? ""
        let expected = [
            "NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use": "hermes", "Qwen-Qwen2.5-7B-Instruct": "hermes",
            "Qwen-Qwen3-0.6B": "hermes", "ibm-granite-granite-4.0": "hermes",
            "meta-llama-Llama-3.1-8B-Instruct": "llama3", "meta-llama-Llama-3.2-3B-Instruct": "llama3",
            "meta-llama-Llama-3.3-70B-Instruct": "llama3", "mistralai-Mistral-Nemo-Instruct-2407": "mistral",
            "Mistral-Small-3.2-24B-Instruct-2506": "mistral-call-id",
            "unsloth-mistral-Devstral-Small-2507": "mistral-args",
            "mistralai-Ministral-3-14B-Reasoning-2512": "mistral-args",
            "CohereForAI-c4ai-command-r-plus-tool_use": "command-r",
            "CohereForAI-c4ai-command-r7b-12-2024-tool_use": "command-r7b",
            "meetkai-functionary-medium-v3.1": "functionary-v3.1",
            "meetkai-functionary-medium-v3.2": "functionary-v3.2", "llama-cpp-deepseek-r1": "deepseek-r1",
            "deepseek-ai-DeepSeek-V3.1": "generic", "openai-gpt-oss-120b": "harmony",
            "moonshotai-Kimi-K2": "kimi-k2", "LFM2-8B-A1B": "lfm2", "ibm-granite-granite-3.3-2B-Instruct": "granite3",
            "NVIDIA-Nemotron-Nano-v2": "nemotron", "unsloth-Apriel-1.5": "apriel",
            "fireworks-ai-llama-3-firefunction-v2": "firefunction-v2", "google-gemma-2-2b-it": "generic",
            "GLM-4.6": "generic", "Qwen3-Coder": "generic", "microsoft-Phi-3.5-mini-instruct": "generic",
        ]
        for (name, format) in expected {
            guard let text = try? String(contentsOfFile: folder + name + ".jinja", encoding: .utf8) else { continue }
            #expect(ToolCallFormat(template: text).name == format, "\(name)")
        }
    }
}
