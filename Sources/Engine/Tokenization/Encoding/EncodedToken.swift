/// A token and the part of the text that it stands for.
public struct EncodedToken: Sendable, Hashable {
    /// The token.
    public var id: Int32
    /// The bytes of the UTF-8 text it came from; empty for tokens that were added.
    public var byteRange: Range<Int>

    public init(id: Int32, byteRange: Range<Int>) {
        self.id = id
        self.byteRange = byteRange
    }
}
