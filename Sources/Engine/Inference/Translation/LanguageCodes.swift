/// Languages by their codes of ISO 639 with two and three letters, and their English names.
enum LanguageCodes {
    /// Two letters, three letters, others that models use for the same with the most usual first, name.
    private static let table: [(String, [String], String)] = [
        ("af", ["afr"], "Afrikaans"), ("am", ["amh"], "Amharic"), ("ar", ["arb", "ara"], "Arabic"),
        ("ast", ["ast"], "Asturian"), ("az", ["azj", "aze"], "Azerbaijani"), ("be", ["bel"], "Belarusian"),
        ("bg", ["bul"], "Bulgarian"), ("bn", ["ben"], "Bengali"), ("bs", ["bos"], "Bosnian"),
        ("ca", ["cat"], "Catalan"),
        ("ceb", ["ceb"], "Cebuano"), ("cs", ["ces", "cze"], "Czech"), ("cy", ["cym"], "Welsh"),
        ("da", ["dan"], "Danish"),
        ("de", ["deu", "ger"], "German"), ("el", ["ell"], "Greek"), ("en", ["eng"], "English"),
        ("eo", ["epo"], "Esperanto"),
        ("es", ["spa"], "Spanish"), ("et", ["est"], "Estonian"), ("eu", ["eus"], "Basque"),
        ("fa", ["pes", "fas"], "Persian"),
        ("fi", ["fin"], "Finnish"), ("fr", ["fra", "fre"], "French"), ("ga", ["gle"], "Irish"),
        ("gd", ["gla"], "Scottish Gaelic"),
        ("gl", ["glg"], "Galician"), ("gu", ["guj"], "Gujarati"), ("ha", ["hau"], "Hausa"), ("he", ["heb"], "Hebrew"),
        ("hi", ["hin"], "Hindi"), ("hr", ["hrv"], "Croatian"), ("ht", ["hat"], "Haitian Creole"),
        ("hu", ["hun"], "Hungarian"),
        ("hy", ["hye"], "Armenian"), ("id", ["ind"], "Indonesian"), ("ig", ["ibo"], "Igbo"), ("ilo", ["ilo"], "Iloko"),
        ("is", ["isl"], "Icelandic"), ("it", ["ita"], "Italian"), ("ja", ["jpn"], "Japanese"),
        ("jv", ["jav"], "Javanese"),
        ("ka", ["kat"], "Georgian"), ("kk", ["kaz"], "Kazakh"), ("km", ["khm"], "Khmer"), ("kn", ["kan"], "Kannada"),
        ("ko", ["kor"], "Korean"), ("lb", ["ltz"], "Luxembourgish"), ("lo", ["lao"], "Lao"),
        ("lt", ["lit"], "Lithuanian"),
        ("lv", ["lvs", "lav"], "Latvian"), ("mg", ["plt", "mlg"], "Malagasy"), ("mk", ["mkd"], "Macedonian"),
        ("ml", ["mal"], "Malayalam"), ("mn", ["khk", "mon"], "Mongolian"), ("mr", ["mar"], "Marathi"),
        ("ms", ["zsm", "msa"], "Malay"),
        ("my", ["mya"], "Burmese"), ("ne", ["npi", "nep"], "Nepali"), ("nl", ["nld", "dut"], "Dutch"),
        ("no", ["nob", "nor", "nb"], "Norwegian"), ("oc", ["oci"], "Occitan"), ("or", ["ory", "ori"], "Odia"),
        ("pa", ["pan"], "Punjabi"), ("pl", ["pol"], "Polish"), ("ps", ["pbt", "pus"], "Pashto"),
        ("pt", ["por"], "Portuguese"),
        ("ro", ["ron", "rum"], "Romanian"), ("ru", ["rus"], "Russian"), ("sd", ["snd"], "Sindhi"),
        ("si", ["sin"], "Sinhala"),
        ("sk", ["slk"], "Slovak"), ("sl", ["slv"], "Slovenian"), ("so", ["som"], "Somali"),
        ("sq", ["als", "sqi"], "Albanian"),
        ("sr", ["srp"], "Serbian"), ("su", ["sun"], "Sundanese"), ("sv", ["swe"], "Swedish"),
        ("sw", ["swh", "swa"], "Swahili"),
        ("ta", ["tam"], "Tamil"), ("te", ["tel"], "Telugu"), ("th", ["tha"], "Thai"), ("tl", ["tgl"], "Tagalog"),
        ("tr", ["tur"], "Turkish"), ("uk", ["ukr"], "Ukrainian"), ("ur", ["urd"], "Urdu"),
        ("uz", ["uzn", "uzb"], "Uzbek"),
        ("vi", ["vie"], "Vietnamese"), ("xh", ["xho"], "Xhosa"), ("yi", ["ydd", "yid"], "Yiddish"),
        ("yo", ["yor"], "Yoruba"),
        ("zh", ["zho", "chi", "cmn"], "Chinese"), ("zu", ["zul"], "Zulu"),
    ]

    /// A code without its script or country.
    private static func language(_ code: String) -> String {
        String(code.prefix { $0 != "_" && $0 != "-" }).lowercased()
    }

    private static func index(_ code: String) -> Int? {
        let code = language(code)
        return table.firstIndex { $0.0 == code || $0.1.contains(code) }
    }

    /// Whether two codes stand for the same language.
    static func areSame(_ first: String, _ second: String) -> Bool {
        language(first) == language(second) || index(first).map { $0 == index(second) } ?? false
    }

    /// The English name of a language.
    static func englishName(_ code: String) -> String? { index(code).map { table[$0].2 } }
}
