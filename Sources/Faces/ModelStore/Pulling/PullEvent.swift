/// What a pull reports while it works.
public enum PullEvent: Sendable, Hashable {
    /// Another process pulls the same model; this one waits for it.
    case waiting
    /// What will be fetched: files, all their bytes, and how many of these are here already.
    case planned(files: Int, bytes: Int, present: Int)
    /// A file is begun or resumed.
    case file(path: String)
    /// So many more bytes have been fetched.
    case advanced(bytes: Int)
    /// So many bytes turned out to be useless and will be fetched again.
    case discarded(bytes: Int)
    /// The last attempt failed; another one follows after a pause.
    case retrying(reason: String, seconds: Double)
    /// A step of which no bytes are counted.
    case step(String)
}
