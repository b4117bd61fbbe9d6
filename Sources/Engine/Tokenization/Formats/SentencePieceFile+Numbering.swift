import JSONValues

extension SentencePieceFile {
    /// The same model whose pieces have the numbers that they have among `names`; what it does not have is never found in a
    /// text. Pieces without a number are no pieces: a text is cut in others.
    func numbered(by names: [String]) -> SentencePieceFile {
        var places: [ArraySlice<UInt8>: Int] = [:]
        for place in 0..<pieces.count { places[pieces[place]] = place }
        var result = self
        (result.pieces, result.scores, result.types) = (StringTable(), [], [])
        let controls: Set = ["<s>", "</s>", "<pad>", "<mask>"]
        for name in names {
            let place = places[Array(name.utf8)[...]]
            let type: GGUFVocabulary.PieceType =
                name == "<unk>" ? .unknown : controls.contains(name) ? .control : .unused
            result.pieces.append(name)
            result.scores.append(place.map { scores[$0] } ?? 0)
            result.types.append(type == .unused ? place.map { types[$0] } ?? type.rawValue : type.rawValue)
        }
        func number(_ name: String) -> Int { names.firstIndex(of: name) ?? -1 }
        (result.unknown, result.beginOfText) = (number("<unk>"), number("<s>"))
        (result.endOfText, result.padding) = (number("</s>"), number("<pad>"))
        return result
    }

    /// The names of the pieces as fairseq numbers them: four of its own, and the model's from its fourth on.
    var fairseqNames: [String] {
        ["<s>", "<pad>", "</s>", "<unk>"] + (3..<max(pieces.count, 3)).map { String(lossy: pieces[$0]) }
    }
}

extension TokenizerFolder {
    /// Marian's and M2M-100's form: pieces with a table of their numbers, and then the languages.
    func numberedPieces(
        _ bytes: [UInt8], _ table: [UInt8]?, source: String
    ) throws(TokenizerError) -> PipelineParts {
        let file = try SentencePieceFile(bytes, source: source)
        var names = file.fairseqNames
        if let table {
            let numbers: JSON
            do { numbers = try JSON(parsing: table, source: path(of: "vocab.json")) } catch {
                throw TokenizerError(error)
            }
            names = []
            let pairs = (numbers.objectValue ?? [:]).map { ($0, $1.intValue ?? -1) }.sorted { $0.1 < $1.1 }
            for (name, number) in pairs {
                guard number == names.count else {
                    throw TokenizerError(
                        source: path(of: "vocab.json"), key: name,
                        reason: "it has the number \(number), but \(names.count) is the next one")
                }
                names.append(name)
            }
        }
        let languages = configuration["additional_special_tokens"]?.arrayValue ?? []
        let known = Set(names)
        let added =
            languages.compactMap { $0.stringValue ?? $0["content"]?.stringValue }
            .filter { !known.contains($0) } + (table == nil ? ["<mask>"] : [])
        var parts = try file.numbered(by: names + added).parts(source: source)
        // Languages, and the marks `>>de<<` among Marian's pieces, are tokens wherever they are written out.
        let marks = names.indices.filter { names[$0].hasPrefix(">>") && names[$0].hasSuffix("<<") }
        let places = added.enumerated().map { (names.count + $0.offset, $0.element) } + marks.map { ($0, names[$0]) }
        for (place, name) in places where !parts.addedTokens.contains(where: { $0.id == place }) {
            parts.addedTokens.append(AddedToken(id: Int32(place), content: Array(name.utf8), isSpecial: true))
        }
        let isFramed = table == nil && languages.isEmpty
        parts.postProcessor.prefix = isFramed ? [parts.specialTokens.beginOfText].compactMap { $0 } : []
        parts.postProcessor.suffix = parts.specialTokens.endOfText.map { [$0] } ?? []
        return parts
    }
}
