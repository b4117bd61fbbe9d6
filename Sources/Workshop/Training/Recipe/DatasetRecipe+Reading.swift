extension DatasetRecipe {
    /// The names of `type` and what they mean; the first name of each is the usual one.
    private static let types: [(String, String)] = [
        ("completion", "completion"), ("pretrain", "completion"), ("alpaca", "alpaca"), ("alpaca:instruct", "alpaca"),
        ("alpaca:chat", "alpaca"), ("alpaca:chatml", "alpaca"), ("alpaca:phi", "alpaca"), ("gpteacher", "gpteacher"),
        ("dolly", "dolly"), ("context_qa", "dolly"), ("chat_template", "chat"), ("sharegpt", "sharegpt"),
        ("chatml", "chat"), ("openai", "chat"),
        ("input_output", "segments"), ("prompt_completion", "prompt_completion"), ("preference", "preference"),
        ("pairs", "pairs"), ("chat_template.default", "preference"), ("chat_template.argilla", "preference"),
    ]

    private static let known = [
        "path", "type", "data_files", "field", "field_messages", "field_tools", "message_field_role",
        "message_field_content", "message_property_mappings", "message_field_training", "roles", "roles_to_train",
        "train_on_eos", "train_on_eot", "drop_system_message", "chat_template", "chat_template_jinja", "field_chosen",
        "field_rejected", "weight", "field_system", "field_instruction", "field_input", "field_output", "field_prompt",
        "field_completion", "field_anchor", "field_positive", "field_negative", "ds_type", "split", "name",
        "text_column",
    ]

    /// Reads an entry of `datasets`.
    init(_ section: RecipeSection, pretraining: Bool = false, notes: inout [String]) throws(TrainingError) {
        guard let path = try section.text("path") else {
            throw section.missing("path", "name a file or a folder")
        }
        (self.path, line) = (path, section.line)
        files = try section.list("data_files") ?? []
        try readForm(section, pretraining: pretraining)
        let (field, column) = (try section.text("field"), try section.text("text_column"))
        textField = field ?? column ?? textField
        messagesField = try section.text("field_messages") ?? messagesField
        toolsField = try section.text("field_tools") ?? toolsField
        for (name, values) in try section.table("message_property_mappings") ?? [] {
            messageFields[name] = values.first
        }
        if let role = try section.text("message_field_role") { messageFields["role"] = role }
        if let content = try section.text("message_field_content") { messageFields["content"] = content }
        trainingField = try section.text("message_field_training") ?? trainingField
        for (role, sources) in try section.table("roles") ?? [] { for source in sources { roles[source] = role } }
        if let learned = try section.list("roles_to_train") { learnedRoles = Set(learned.map { roles[$0] ?? $0 }) }
        let ends = EndLearning.allCases.map { ($0.rawValue, $0) }
        endLearning = try section.choice("train_on_eos", ends) ?? endLearning
        if let turns = try section.choice("train_on_eot", ends) {
            if section.has("train_on_eos"), turns != endLearning {
                throw section.error(
                    "train_on_eot", "is \(turns.rawValue), but train_on_eos is \(endLearning.rawValue)",
                    "give one of them: ends of turns and of texts are learned alike")
            }
            endLearning = turns
        }
        dropsSystemMessage = try section.flag("drop_system_message") ?? false
        let (jinja, template) = (try section.text("chat_template_jinja"), try section.text("chat_template"))
        chatTemplate = jinja ?? template
        chosenField = try section.text("field_chosen") ?? chosenField
        rejectedField = try section.text("field_rejected") ?? rejectedField
        anchorField = try section.text("field_anchor") ?? anchorField
        positiveField = try section.text("field_positive") ?? positiveField
        negativeField = try section.text("field_negative") ?? negativeField
        weight = try section.number("weight", 0.001...1000) ?? 1
        // What the Hub's loader would be told; files say themselves what they are.
        for key in ["split", "name", "ds_type", "revision", "trust_remote_code"] where section.has(key) {
            section.pass(key)
            notes.append(
                "line \(section.line): datasets' \(key) has no meaning here: data are local files, read by their endings"
            )
        }
        for key in [
            "split", "name", "ds_type", "revision", "trust_remote_code", "conversation", "shards", "preprocess_shards",
            "field_thinking", "template_thinking_key", "split_thinking", "input_format", "input_transform",
        ] where !section.has(key) {
            section.pass(key)
        }
        if section.has("field_thinking") || section.has("template_thinking_key") {
            messageFields["reasoning_content"] = try section.text("field_thinking") ?? "reasoning_content"
            section.pass("template_thinking_key")
        }
        if section.has("conversation"), chatTemplate == nil { chatTemplate = try section.text("conversation") }
        try section.finish(known: Self.known)
    }

    private mutating func readForm(_ section: RecipeSection, pretraining: Bool) throws(TrainingError) {
        if section.isMapping("type"), let format = try section.section("type") {
            form = .instruction(try InstructionFormat(format))
            return
        }
        guard let written = try section.text("type") ?? (pretraining ? "completion" : nil) else {
            throw section.missing("type", "say how records are read: \(Self.names)")
        }
        // sharegpt.simple, alpaca.load_open_orca and their like are read as what stands before the point.
        let name = Self.types.contains { $0.0 == written } ? written : String(written.prefix { $0 != "." })
        guard let meaning = Self.types.first(where: { $0.0 == name })?.1 else {
            throw section.error("type", "is \(written)", RecipeSection.advice(for: written, among: Self.types.map(\.0)))
        }
        let style = name.split(separator: ":").dropFirst().first.flatMap {
            InstructionFormat.Style(rawValue: String($0))
        }
        var format = InstructionFormat(style ?? .instruct)
        switch meaning {
        case "completion": form = .completion
        case "chat": form = .chat
        case "sharegpt":
            form = .chat
            messagesField = "conversations"
            messageFields = ["role": "from", "content": "value"]
        case "segments": form = .segments
        case "prompt_completion":
            form = .promptCompletion
            (format.instructionField, format.outputField) = ("prompt", "completion")
        case "preference": form = .preference
        case "pairs": form = .pairs
        case "gpteacher": format.outputField = "response"
        case "dolly": (format.inputField, format.outputField) = ("context", "response")
        default: break
        }
        if ["alpaca", "gpteacher", "dolly"].contains(meaning) {
            try format.readFields(section)
            form = .instruction(format)
        }
    }

    private static var names: String {
        var seen: Set<String> = []
        return types.filter { seen.insert($0.1).inserted }.map(\.0).joined(separator: ", ")
    }
}

extension InstructionFormat {
    fileprivate mutating func readFields(_ section: RecipeSection) throws(TrainingError) {
        systemField = try section.text("field_system") ?? systemField
        instructionField = try section.text("field_instruction") ?? instructionField
        inputField = try section.text("field_input") ?? inputField
        outputField = try section.text("field_output") ?? outputField
    }

    /// Reads a format of one's own.
    fileprivate init(_ section: RecipeSection) throws(TrainingError) {
        self.init(.instruct)
        try readFields(section)
        guard let format = try section.text("format") else {
            throw section.missing("format", "write the prompt with {instruction} and {input} in it")
        }
        self.format = format
        formatWithoutInput = try section.text("no_input_format") ?? format.replacing("{input}", with: "")
        system = try section.text("system_prompt") ?? ""
        if let systemFormat = try section.text("system_format") {
            self.format = systemFormat + self.format
            formatWithoutInput = systemFormat + formatWithoutInput
        }
        guard format.contains("{instruction}") || format.contains("{input}") else {
            throw section.error("format", "has neither {instruction} nor {input}")
        }
        try section.finish(known: [
            "format", "no_input_format", "system_prompt", "system_format", "field_system", "field_instruction",
            "field_input", "field_output",
        ])
    }
}
