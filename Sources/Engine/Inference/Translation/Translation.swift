import JSONValues
import Tokenization

/// How a model that answers source texts is told which languages are meant.
struct TranslationStyle: Sendable, Hashable {
    /// What stands before a text, by languages as in `en_to_de`.
    var prefixes: [String: String] = [:]
    /// Whether any pair of languages is asked for in English words, as T5 is.
    var asksInWords = false
    /// Whether the language of a source text stands behind it, and that of the answer in the place of its beginning.
    var putsLanguageLast = false
    /// The languages of a model that knows two only, as its files say them.
    var source: String?
    var target: String?
}

/// Why a text cannot be translated.
public struct TranslationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, and what to do about it.
    public let description: String

    init(_ description: String) { self.description = description }
}

extension LanguageModel {
    /// What the model reads and begins with to translate a text.
    ///
    /// ```swift
    /// let engine = Engine(model: try LanguageModel.load("nllb-200-distilled-600M"))
    /// let request = try engine.model.translation(of: "The house is wonderful.", from: "en", to: "de")
    /// for try await event in engine.generate(request) {
    ///     if case .token(let token) = event { print(token.text, terminator: "") }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - text: the text.
    ///   - source: its language, as ISO codes such as `en` or the model's own such as `eng_Latn`; models that know one
    ///     only need none.
    ///   - target: the language of the answer.
    /// - Throws: `TranslationError` if the model answers no source texts, or does not know a language.
    public func translation(of text: String, from source: String?, to target: String?) throws -> GenerationRequest {
        guard let answerStart, let style = translationStyle else {
            throw TranslationError("\(name) reads no source texts, so it is no translator; ask it with `swiftlet run`")
        }
        var request = GenerationRequest(prompt: [])
        request.sampling = defaultSampling
        if let prefix = try style.prefix(from: source, to: target) {
            request.prompt = tokenizer.encode(prefix + text, addSpecialTokens: true, parseSpecialTokens: false)
            return request
        }
        let languages = LanguageTokens(tokenizer)
        guard languages.areKnown else {
            try style.checkPair(name, source, target)
            request.prompt = tokenizer.encode(text, addSpecialTokens: true, parseSpecialTokens: false)
            return request
        }
        guard let target else { throw TranslationError("\(name) knows many languages: say which with --to") }
        let answer = try languages.token(target)
        var words = tokenizer.encode(text, addSpecialTokens: false, parseSpecialTokens: false)
        let end = [tokenizer.specialTokens.endOfText].compactMap { $0 }
        if languages.areOfTargets {
            request.prompt = [answer] + words + end
            return request
        }
        guard let source else {
            throw TranslationError("\(name) must know the language of the text: say it with --from")
        }
        let own = try languages.token(source)
        words = style.putsLanguageLast ? words + end + [own] : [own] + words + end
        request.prompt = words
        request.answerStart = style.putsLanguageLast ? [answer] : [answerStart[0], answer]
        return request
    }
}

extension TranslationStyle {
    /// What is said before a text, in models that are told in words; nil for others.
    fileprivate func prefix(from source: String?, to target: String?) throws -> String? {
        guard asksInWords else { return nil }
        guard let source, let target else {
            throw TranslationError("this model is told the languages: say them with --from and --to")
        }
        if let prefix = prefixes["\(source)_to_\(target)"] { return prefix }
        guard let from = LanguageCodes.englishName(source), let to = LanguageCodes.englishName(target) else {
            throw TranslationError("\(source) or \(target) is no language code that is known, such as en or de")
        }
        return "translate \(from) to \(to): "
    }

    /// Refuses languages that a model for two others has not been made for.
    fileprivate func checkPair(_ name: String, _ source: String?, _ target: String?) throws {
        for (asked, known, option) in [(source, self.source, "--from"), (target, self.target, "--to")] {
            guard let asked, let known, !LanguageCodes.areSame(asked, known) else { continue }
            throw TranslationError("\(name) translates \(option == "--from" ? "from" : "to") \(known), not \(asked)")
        }
    }
}

/// The tokens that stand for languages.
private struct LanguageTokens {
    private var tokens: [(code: String, id: Int32)] = []
    /// Whether they say the answer's language only, before the source text.
    private(set) var areOfTargets = false

    init(_ tokenizer: Tokenizer) {
        for id in 0..<Int32(tokenizer.vocabularySize) where tokenizer.isSpecial(id) {
            guard let piece = tokenizer.piece(of: id) else { continue }
            if piece.hasPrefix(">>"), piece.hasSuffix("<<"), piece.count > 4 {
                tokens.append((String(piece.dropFirst(2).dropLast(2)), id))
                areOfTargets = true
            } else if piece.hasPrefix("__"), piece.hasSuffix("__"), piece.count > 4 {
                tokens.append((String(piece.dropFirst(2).dropLast(2)), id))
            } else if Self.isLocale(piece) {
                tokens.append((piece, id))
            }
        }
    }

    var areKnown: Bool { !tokens.isEmpty }

    /// Codes such as `en_XX` and `eng_Latn`.
    private static func isLocale(_ piece: String) -> Bool {
        let parts = piece.split(separator: "_")
        return parts.count == 2 && (2...3).contains(parts[0].count) && [2, 4].contains(parts[1].count)
            && piece.allSatisfy { $0 == "_" || $0.isLetter && $0.isASCII }
    }

    /// The token of a language, by the model's own code or by another that means the same.
    func token(_ code: String) throws -> Int32 {
        if let own = tokens.first(where: { $0.code == code }) { return own.id }
        if let same = tokens.first(where: { LanguageCodes.areSame(code, $0.code) }) { return same.id }
        let some = tokens.prefix(8).map(\.code).joined(separator: ", ")
        throw TranslationError("the model knows no language \(code); it knows \(tokens.count), such as \(some)")
    }
}
