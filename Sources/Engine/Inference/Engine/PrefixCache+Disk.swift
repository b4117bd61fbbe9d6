import Tensors

/// What is kept of texts, on the disk: only what was computed by the model alone, for whomever.
extension PrefixCache {
    /// Writes the pages of a text, or all there are, to a file.
    ///
    /// - Returns: how many tokens they hold.
    func save(_ tokens: [Int32]?, to path: String, identity: UInt64) throws -> Int {
        let pages = pages(of: tokens)
        try PrefixFile.write(pages, identity: identity, layout: layout, to: path)
        return pages.count * CacheLayout.pageTokens
    }

    /// Takes in the pages of a file, as many as there is room for.
    ///
    /// - Returns: how many tokens those hold that are kept.
    mutating func restore(_ path: String, identity: UInt64, meter: CacheMeter) throws -> Int {
        let limit = capacity / max(layout.pageBytes, 1)
        let pages = try PrefixFile.read(path, identity: identity, layout: layout, limit: limit, meter: meter)
        return insert(pages) * CacheLayout.pageTokens
    }
}
