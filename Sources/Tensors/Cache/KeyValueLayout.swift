import CKernels

/// Where the keys and values of each layer lie within a page of the cache.
///
/// A page holds 32 consecutive positions of one sequence, for all layers.
public struct KeyValueLayout: Sendable, Hashable {
    /// The heads of one layer's cache.
    public struct Layer: Sendable, Hashable {
        /// The number of key and value heads.
        public var heads: Int
        /// The channels of each.
        public var headSize: Int

        /// Makes a layer.
        public init(heads: Int, headSize: Int) {
            self.heads = heads
            self.headSize = headSize
        }
    }

    /// How many positions a page holds.
    public static let pageTokens = Int(SWIFTLET_PAGE_TOKENS)

    /// The layers, in the model's order.
    public let layers: [Layer]
    /// Whether keys and values are kept as f16 rather than f32.
    public let isHalf: Bool
    /// The bytes of one page.
    public let pageBytes: Int
    private let offsets: [Int]

    /// Lays out the layers one after another.
    public init(layers: [Layer], isHalf: Bool) {
        self.layers = layers
        self.isHalf = isHalf
        var offsets = [0]
        for layer in layers {
            let bytes = layer.heads * layer.headSize * Self.pageTokens * (isHalf ? 2 : 4)
            offsets.append((offsets.last ?? 0) + 2 * ((bytes + 63) / 64 * 64))
        }
        self.offsets = offsets
        pageBytes = offsets.last ?? 0
    }

    /// The cache of one layer as the kernels see it; `pages` must outlive it.
    func cache(layer: Int, pages: UnsafePointer<UnsafeMutableRawPointer?>) -> swiftlet_cache {
        swiftlet_cache(
            pages: pages, key_offset: offsets[layer], value_offset: (offsets[layer] + offsets[layer + 1]) / 2,
            key_value_heads: Int32(layers[layer].heads), head_size: Int32(layers[layer].headSize), is_half: isHalf)
    }
}
