/// Which documents a search may find, by their metadata and words.
///
///     let filter: MetadataFilter = .and([.equals("lang", "en"), .range("year", from: 2020), .not(.exists("draft"))])
///
/// A field with several values matches if one of them does. Texts are ordered by their bytes in UTF-8; numbers, texts and
/// flags never match each other.
public indirect enum MetadataFilter: Sendable, Hashable, Codable {
    /// A value of the field is this one.
    case equals(String, MetadataValue)
    /// A value of the field is one of these.
    case oneOf(String, [MetadataValue])
    /// A value of the field is a number or text within these bounds, which belong to the range.
    case range(String, from: MetadataValue? = nil, through: MetadataValue? = nil)
    /// A value of the field is a text that contains this one; upper and lower case are alike.
    case contains(String, String)
    /// The field has a value.
    case exists(String)
    /// The document's text has all these words, split as for keyword search.
    case words(String)
    /// All of these hold; so they do if there are none.
    case and([MetadataFilter])
    /// One of these holds at least.
    case or([MetadataFilter])
    /// This does not hold.
    case not(MetadataFilter)
}
