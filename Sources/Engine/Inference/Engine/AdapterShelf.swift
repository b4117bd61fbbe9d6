import Synchronization

/// An adapter that a request wants, and how much of it.
public struct AdapterUse: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// A factor of all that it adds.
    public var scale: Float

    /// Wants all of an adapter unless told otherwise.
    public init(_ name: String, scale: Float = 1) {
        self.name = name
        self.scale = scale
    }
}

/// An engine's adapter.
public struct AdapterEntry: Sendable, Hashable {
    /// The name by which requests ask for it.
    public var name: String
    /// Its folder.
    public var path: String
    /// How much of it requests get that say nothing; 0 for nothing.
    public var defaultScale: Float = 0
}

/// The adapters that an engine has, by name.
final class AdapterShelf: Sendable {
    private struct Place {
        var entry: AdapterEntry
        let adapter: LoadedAdapter
    }

    private let places = Mutex<[Place]>([])

    var entries: [AdapterEntry] { places.withLock { $0.map(\.entry) } }

    /// Puts an adapter in; false if the name is taken.
    func add(_ adapter: LoadedAdapter, _ name: String, path: String) -> Bool {
        places.withLock { places in
            guard !places.contains(where: { $0.entry.name == name }) else { return false }
            places.append(Place(entry: AdapterEntry(name: name, path: path), adapter: adapter))
            return true
        }
    }

    /// Takes an adapter out; texts that have it keep it. False if there is none of that name.
    func remove(_ name: String) -> Bool {
        let gone = places.withLock { places in
            defer { places.removeAll { $0.entry.name == name } }
            return places.filter { $0.entry.name == name }
        }
        return !gone.isEmpty
    }

    /// Sets an adapter's default scale; false if there is none of that name, or the scale is not finite.
    func setDefault(_ scale: Float, of name: String) -> Bool {
        guard scale.isFinite else { return false }
        return places.withLock { places in
            guard let index = places.firstIndex(where: { $0.entry.name == name }) else { return false }
            places[index].entry.defaultScale = scale
            return true
        }
    }

    /// The adapters that a request gets: those that it names, each once with the sum of its scales, or the default ones.
    func chosen(_ uses: [AdapterUse]?) throws(EngineError) -> [ChosenAdapter] {
        let places = places.withLock(\.self)
        guard let uses else {
            return places.filter { $0.entry.defaultScale != 0 }
                .map { ChosenAdapter(adapter: $0.adapter, scale: $0.entry.defaultScale) }
        }
        var chosen: [ChosenAdapter] = []
        for use in uses {
            guard let place = places.first(where: { $0.entry.name == use.name }) else {
                throw .unknownAdapter(use.name, known: places.map(\.entry.name))
            }
            let known = chosen.firstIndex { $0.adapter.number == place.adapter.number }
            let scale = use.scale + (known.map { chosen[$0].scale } ?? 0)
            guard scale.isFinite else { throw .adapterScale(use.name) }
            if let known {
                chosen[known].scale = scale
            } else {
                chosen.append(ChosenAdapter(adapter: place.adapter, scale: scale))
            }
        }
        return chosen.filter { $0.scale != 0 }
    }
}

/// An adapter in use.
struct ChosenAdapter: Sendable {
    let adapter: LoadedAdapter
    var scale: Float
}

/// What beside its tokens decides what is computed of a text: others may take up only what was computed alike.
struct PrefixScope: Hashable, Sendable {
    /// What `BatchSpan.rotaryLength` is.
    var rotaryLength: Int?
    /// The adapters' numbers, and their factors.
    var adapters: [Int] = []
    var scales: [Float] = []
    /// Whose text it is, where clients are kept apart.
    var client: String?
}

extension PrefixScope {
    init(_ chosen: [ChosenAdapter], client: String?) {
        adapters = chosen.map(\.adapter.number)
        scales = chosen.map(\.scale)
        self.client = client
    }
}
