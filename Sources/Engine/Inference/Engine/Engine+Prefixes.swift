import Tensors

/// The beginnings of texts that are kept, saved for another time. A damaged file is an error and changes nothing.
extension Engine {
    /// Writes what is kept of a text, or of all texts, to a file; whole pages of 32 tokens.
    ///
    /// - Returns: how many tokens that are.
    /// - Throws: `FileError`, `EngineError.keepsNoPrefixes` for models whose texts cannot be taken up page by page, or
    ///   `EngineError.keepsClientsApart`.
    public func savePrefixes(of tokens: [Int32]? = nil, to path: String) async throws -> Int {
        let identity = try prefixIdentity()
        return try await withPrefixes { cache, _ in try cache.save(tokens, to: path, identity: identity) }
    }

    /// Takes in what a file holds, which this model must have written under the same settings.
    ///
    /// - Returns: how many tokens of it are kept now: no more than there is memory for.
    /// - Throws: what ``savePrefixes(of:to:)`` throws.
    public func restorePrefixes(from path: String) async throws -> Int {
        let identity = try prefixIdentity()
        return try await withPrefixes { cache, meter in try cache.restore(path, identity: identity, meter: meter) }
    }

    /// Forgets what is kept of a text, whatever adapters it had.
    ///
    /// - Throws: `EngineError.keepsClientsApart`.
    public func forgetPrefixes(of tokens: [Int32]) async throws {
        guard !isolatesClients else { throw EngineError.keepsClientsApart }
        try await withPrefixes { cache, _ in cache.forget(tokens) }
    }

    private func prefixIdentity() throws(EngineError) -> UInt64 {
        guard !isolatesClients else { throw .keepsClientsApart }
        let layout = CacheLayout(layers: model.spec.cacheLayers, type: model.cacheType)
        // Where positions turn by the length of a text, its pages are no other's: files hold none of them.
        guard layout.keepsEverything, model.spec.reservedLength(1) == nil else { throw .keepsNoPrefixes }
        return model.identity
    }

    private func withPrefixes<Value: Sendable>(
        _ body: @escaping @Sendable (inout PrefixCache, CacheMeter) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let isAlive = queue.order { cache, meter in
                continuation.resume(with: Result { try body(&cache, meter) })
            } refused: {
                continuation.resume(throwing: EngineError.stopped)
            }
            if !isAlive { continuation.resume(throwing: EngineError.stopped) }
        }
    }
}
