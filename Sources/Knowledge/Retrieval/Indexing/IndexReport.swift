public import Documents

/// What indexing did.
public struct IndexReport: Sendable, Hashable {
    /// Files that were not there before.
    public var added = 0
    /// Files whose content or splitting is another now.
    public var changed = 0
    /// Files that were left as they were.
    public var unchanged = 0
    /// Files that are gone.
    public var removed = 0
    /// Passages that were embedded.
    public var embedded = 0
    /// Passages of changed files whose vectors were there already.
    public var reused = 0
    /// Files that cannot be read, with the reason.
    public var problems: [DocumentError] = []
    /// How many files of unknown kinds were left aside, by the endings of their names.
    public var skipped: [String: Int] = [:]
}

/// What indexing reports while it works.
public enum IndexEvent: Sendable {
    /// So many files and bytes are looked at.
    case found(files: Int, bytes: Int)
    /// A file's passages are being embedded.
    case file(String)
    /// So many more bytes of files are done.
    case advanced(bytes: Int)
    /// A file cannot be read.
    case problem(DocumentError)
    /// What a person should know about a file.
    case note(path: String, String)
}
