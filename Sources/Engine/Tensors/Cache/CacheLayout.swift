import CKernels

/// What keys and values are kept as.
public enum CacheType: String, Sendable, Hashable, CaseIterable {
    /// 32-bit floats.
    case f32
    /// 16-bit floats.
    case f16
    /// The upper half of 32-bit floats.
    case bf16
    /// Codes of 8 bits, with a scale for 32 channels.
    case q8_0
    /// Codes of 4 bits, with a scale and a minimum for 32 channels.
    case q4

    var kernel: swiftlet_cache_type {
        switch self {
        case .f32: SWIFTLET_CACHE_F32
        case .f16: SWIFTLET_CACHE_F16
        case .bf16: SWIFTLET_CACHE_BF16
        case .q8_0: SWIFTLET_CACHE_Q8_0
        case .q4: SWIFTLET_CACHE_Q4
        }
    }
}

/// What one sequence keeps in memory: keys and values of attention layers in pages, states of recurrent layers.
///
/// Layers that see equally far share a page table: a page holds 32 consecutive positions for all layers of its table, and
/// pages that no layer sees any more are let go.
package struct CacheLayout: Sendable, Hashable {
    /// What one layer keeps.
    package struct Layer: Sendable, Hashable {
        /// The heads and reach of its attention; nil if it keeps no keys and values.
        package var attention: Attention?
        /// The number of floats in each of its recurrent states.
        package var states: [Int]

        package init(attention: Attention? = nil, states: [Int] = []) {
            self.attention = attention
            self.states = states
        }
    }

    /// The keys and values of one layer.
    package struct Attention: Sendable, Hashable {
        /// Key and value heads.
        package var heads: Int
        /// Channels of a key.
        package var keySize: Int
        /// Channels of a value.
        package var valueSize: Int
        /// How many positions a token sees, itself included; nil for all.
        package var window: Int?

        package init(heads: Int, keySize: Int, valueSize: Int, window: Int? = nil) {
            self.heads = heads
            self.keySize = keySize
            self.valueSize = valueSize
            self.window = window
        }
    }

    /// Layers whose pages are kept equally long.
    struct Table: Sendable, Hashable {
        let window: Int?
        var pageBytes = 0
    }

    private struct Place: Sendable, Hashable {
        let table: Int
        let keyOffset: Int
        let valueOffset: Int
    }

    /// How many positions a page holds.
    package static let pageTokens = Int(SWIFTLET_PAGE_TOKENS)

    /// The layers, in the model's order.
    package let layers: [Layer]
    /// What keys and values are kept as.
    package let type: CacheType
    /// Whether a layer's keys and values take the place of those of the layer before: what is read in one pass needs them
    /// no more, and a page stays in the processor's cache.
    package let keepsOneLayer: Bool
    private(set) var tables: [Table] = []
    private var places: [Place?] = []
    private var stateOffsets: [[Int]] = []
    /// The floats of all recurrent states together.
    private(set) var stateCount = 0

    /// Lays out the layers one after another, or all in the same place.
    package init(layers: [Layer], type: CacheType, keepsOneLayer: Bool = false) {
        self.layers = layers
        self.type = type
        self.keepsOneLayer = keepsOneLayer
        for layer in layers {
            places.append(layer.attention.map { addPlace($0) })
            stateOffsets.append(
                layer.states.map { count in
                    defer { stateCount += (count + 15) / 16 * 16 }
                    return stateCount
                })
        }
    }

    private mutating func addPlace(_ attention: Attention) -> Place {
        let index = tables.firstIndex { $0.window == attention.window } ?? tables.count
        if index == tables.count { tables.append(Table(window: attention.window)) }
        var end = keepsOneLayer ? 0 : tables[index].pageBytes
        func take(_ size: Int) -> Int {
            let bytes = attention.heads * swiftlet_cache_head_bytes(type.kernel, Int32(size))
            defer { end += (bytes + 63) / 64 * 64 }
            return end
        }
        defer { tables[index].pageBytes = max(end, tables[index].pageBytes) }
        return Place(table: index, keyOffset: take(attention.keySize), valueOffset: take(attention.valueSize))
    }

    /// Whether any layer attends to the positions before.
    package var hasAttention: Bool { !tables.isEmpty }

    /// Whether a sequence can be taken up again at the end of any page, because all its pages are kept.
    package var keepsEverything: Bool {
        stateCount == 0 && !keepsOneLayer && tables.allSatisfy { $0.window == nil }
    }

    /// The bytes that one page of every table takes.
    package var pageBytes: Int { tables.reduce(0) { $0 + $1.pageBytes } }

    /// The bytes that so many pages of every table and so many copies of the recurrent states take; `Int.max` if they are more
    /// than can be counted.
    package func byteCount(pages: Int, states: Int) -> Int {
        let (bytes, overflow) = pages.multipliedReportingOverflow(by: pageBytes)
        let (kept, isLarge) = states.multipliedReportingOverflow(by: stateBytes)
        let (sum, isTooLarge) = bytes.addingReportingOverflow(kept)
        return overflow || isLarge || isTooLarge ? .max : sum
    }

    /// The bytes that the recurrent states take.
    package var stateBytes: Int { 4 * stateCount }

    /// The most bytes that a sequence of so many positions takes when at most `step` are added at a time; `Int.max` if they
    /// are more than can be counted.
    package func byteCount(positions: Int, step: Int) -> Int {
        var total = stateBytes
        for table in tables {
            var reach = positions
            if let window = table.window, window < positions {
                reach = min(positions, window + step + 2 * Self.pageTokens)
            }
            let pages = reach / Self.pageTokens + (reach % Self.pageTokens > 0 ? 1 : 0)
            let (bytes, isHuge) = pages.multipliedReportingOverflow(by: table.pageBytes)
            let (sum, isHuger) = total.addingReportingOverflow(bytes)
            if isHuge || isHuger { return .max }
            total = sum
        }
        return total
    }

    func table(of layer: Int) -> Int? { places[layer]?.table }

    func stateOffset(_ state: StateReference) -> Int { stateOffsets[state.layer][state.index] }

    /// The cache of one layer as the kernels see it; `pages` must outlive it.
    func cache(layer: Int, pages: UnsafeMutablePointer<UnsafeMutableRawPointer?>) -> swiftlet_cache {
        var cache = swiftlet_cache()
        guard let place = places[layer], let attention = layers[layer].attention else { return cache }
        cache.pages = UnsafePointer(pages)
        cache.key_offset = place.keyOffset
        cache.value_offset = place.valueOffset
        cache.key_value_heads = Int32(attention.heads)
        cache.key_size = Int32(attention.keySize)
        cache.value_size = Int32(attention.valueSize)
        cache.type = type.kernel
        return cache
    }
}
