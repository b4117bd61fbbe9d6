extension TokenizerJSONReader {
    /// Adds what `field` wants around a single text.
    func readPostProcessor(
        _ field: ConfigurationField, into result: inout PostProcessor
    ) throws(TokenizerError) {
        switch try field.type() {
        case "ByteLevel": result.trimsOffsets = try field["trim_offsets"].bool(true)
        case "BertProcessing": try readPair(field, into: &result)
        case "RobertaProcessing":
            try readPair(field, into: &result)
            result.trimsOffsets = try field["trim_offsets"].bool(true)
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
        result.prefix.insert(try id("cls"), at: 0)
        result.suffix.append(try id("sep"))
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
            let name = try part["SpecialToken"]["id"].string()
            var ids: [Int32] = []
            for id in try field["special_tokens"][name]["ids"].elements() { ids.append(try tokenID(id)) }
            if seenText { suffix += ids } else { prefix += ids }
        }
        result.prefix = prefix + result.prefix
        result.suffix += suffix
    }

    private func tokenID(_ field: ConfigurationField) throws(TokenizerError) -> Int32 {
        let id = try field.integer()
        guard id >= 0, id <= VocabularyBuilder.largestID else {
            throw field.error("the id \(id) is not between 0 and \(VocabularyBuilder.largestID)")
        }
        return Int32(id)
    }
}
