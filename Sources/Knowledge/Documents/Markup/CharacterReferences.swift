/// Characters that markup writes as `&amp;` or `&#233;`.
enum CharacterReferences {
    /// The text that bytes stand for; references that nobody knows stay as they are written.
    static func resolve(_ bytes: ArraySlice<UInt8>, isHTML: Bool) -> String {
        guard bytes.contains(UInt8(ascii: "&")) else { return String(decoding: bytes, as: UTF8.self) }
        var result: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "&"), let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";")),
                let text = character(rest[rest.startIndex..<end], isHTML)
            {
                result += Array(text.utf8)
                rest = rest[(end + 1)...]
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func character(_ name: ArraySlice<UInt8>, _ isHTML: Bool) -> String? {
        let name = String(decoding: name, as: UTF8.self)
        if name.hasPrefix("#x") || name.hasPrefix("#X") { return scalar(UInt32(name.dropFirst(2), radix: 16), isHTML) }
        if name.hasPrefix("#") { return scalar(UInt32(name.dropFirst()), isHTML) }
        return basic[name] ?? (isHTML ? named[name] : nil)
    }

    private static func scalar(_ value: UInt32?, _ isHTML: Bool) -> String? {
        guard let value else { return nil }
        // Pages mean Windows-1252 by numbers that are control characters.
        if isHTML, (0x80...0x9F).contains(value) { return TextDecoding.windows1252([UInt8(value)]) }
        return value == 0 ? "" : Unicode.Scalar(value).map { String(Character($0)) }
    }

    private static let basic = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]

    /// The names that pages use: Latin-1's letters in the order of their code points, and what editors write.
    private static let named: [String: String] = {
        let latin = """
            nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro \
            para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil \
            Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave \
            Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml \
            igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute \
            thorn yuml
            """
        var names: [String: String] = [
            "ndash": "–", "mdash": "—", "lsquo": "‘", "rsquo": "’", "sbquo": "‚", "ldquo": "“", "rdquo": "”",
            "bdquo": "„", "hellip": "…", "bull": "•", "euro": "€", "trade": "™", "larr": "←", "rarr": "→", "le": "≤",
            "ge": "≥", "ne": "≠", "infin": "∞", "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "pi": "π",
            "mu": "μ", "sigma": "σ", "omega": "ω", "Delta": "Δ", "Omega": "Ω", "minus": "−", "ensp": " ", "emsp": " ",
            "thinsp": " ", "zwj": "", "zwnj": "", "check": "✓", "dagger": "†", "prime": "′", "OElig": "Œ", "oelig": "œ",
        ]
        for (place, name) in latin.split(whereSeparator: \.isWhitespace).enumerated() {
            names[String(name)] = Unicode.Scalar(UInt32(0xA0 + place)).map { String(Character($0)) }
        }
        return names
    }()
}
