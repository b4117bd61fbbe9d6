extension TokenizerJSONReader {
    /// Adds what `field` wants around a single text.
    func readPostProcessor(
        _ field: ConfigurationField, into result: inout PostProcessor
    ) throws(TokenizerError) {
        switch try field.type() {
        case "ByteLevel":
            result.trimsOffsets = try field["trim_offsets"].bool(true)
            result.keepsFirstSpace = try field["add_prefix_space"].bool(true)
        case "BertProcessing": try readPair(field, into: &result)
        case "RobertaProcessing":
            try readPair(field, into: &result)
            result.trimsOffsets = try field["trim_offsets"].bool(true)
            result.keepsFirstSpace = try field["add_prefix_space"].bool(true)
        case "TemplateProcessing": try readTemplate(field, into: &result)
        case "Sequence":
            for step in try field["processors"].elements() { try readPostProcessor(step, into: &result) }
        case let type: throw field.unknownType(type, of: "post-processor")
        }
    }

    private func readPair(_ field: ConfigurationField, into result: inout PostProcessor) throws(TokenizerError) {
        func id(_ key: String) throws(TokenizerError) -> Int32 {
            let pair = try field[key].elements()
            guard pair.count == 2 else { throw field[key].error("expected a piece and its id") }
            return try tokenID(pair[1])
        }
        let (begin, separator) = (try id("cls"), try id("sep"))
        result.prefix.insert(begin, at: 0)
        result.suffix.append(separator)
        // RoBERTa has two separators and one type.
        let isRoberta = try field.type() == "RobertaProcessing"
        let end: Int32 = isRoberta ? 0 : 1
        result.pair = [.token(begin, type: 0), .first(type: 0), .token(separator, type: 0)]
        if isRoberta { result.pair?.append(.token(separator, type: 0)) }
        result.pair? += [.second(type: end), .token(separator, type: end)]
    }

    private func readTemplate(_ field: ConfigurationField, into result: inout PostProcessor) throws(TokenizerError) {
        var prefix: [Int32] = []
        var suffix: [Int32] = []
        var seenText = false
        for part in try field["single"].elements() {
            if !part["Sequence"].isMissing {
                guard !seenText else { throw part.error("the text may stand in the template once") }
                seenText = true
                continue
            }
            let ids = try specialTokens(part, of: field)
            if seenText { suffix += ids } else { prefix += ids }
        }
        result.prefix = prefix + result.prefix
        result.suffix += suffix
        if !field["pair"].isMissing { result.pair = try readPairTemplate(field) }
    }

    private func readPairTemplate(_ field: ConfigurationField) throws(TokenizerError) -> [PostProcessor.PairPart] {
        var parts: [PostProcessor.PairPart] = []
        for part in try field["pair"].elements() {
            if part["Sequence"].isMissing {
                let type = try typeID(part["SpecialToken"])
                parts += try specialTokens(part, of: field).map { .token($0, type: type) }
            } else {
                let type = try typeID(part["Sequence"])
                switch try part["Sequence"]["id"].string() {
                case "A": parts.append(.first(type: type))
                case "B": parts.append(.second(type: type))
                case let name: throw part.error("there is no text \(name) in a pair")
                }
            }
        }
        return parts
    }

    private func typeID(_ field: ConfigurationField) throws(TokenizerError) -> Int32 {
        if field["type_id"].isMissing { return 0 }
        let id = try field["type_id"].integer()
        guard (0...255).contains(id) else { throw field["type_id"].error("the type \(id) is not between 0 and 255") }
        return Int32(id)
    }

    private func specialTokens(
        _ part: ConfigurationField, of field: ConfigurationField
    ) throws(TokenizerError) -> [Int32] {
        let name = try part["SpecialToken"]["id"].string()
        var ids: [Int32] = []
        for id in try field["special_tokens"][name]["ids"].elements() { ids.append(try tokenID(id)) }
        return ids
    }

    private func tokenID(_ field: ConfigurationField) throws(TokenizerError) -> Int32 {
        let id = try field.integer()
        guard id >= 0, id <= VocabularyBuilder.largestID else {
            throw field.error("the id \(id) is not between 0 and \(VocabularyBuilder.largestID)")
        }
        return Int32(id)
    }
}
