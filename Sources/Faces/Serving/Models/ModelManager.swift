import Dispatch
import Hummingbird
import Inference
import Synchronization

/// The models in memory: those that are always there, and those that requests ask for, which are loaded one after another and leave
/// when nobody has asked for a while, or when others need their place.
final class ModelManager: Sendable {
    private struct Slot {
        /// Tells it from another that comes in its place.
        let id: Int
        let model: LoadedModel
        /// How many requests use it.
        var users = 0
        /// The end of its last request.
        var idleSince: ContinuousClock.Instant
        /// For how many seconds it stays after that; nil for ever.
        var keepAlive: Double?

        var expiry: ContinuousClock.Instant? {
            guard users == 0, let keepAlive else { return nil }
            return idleSince + .seconds(keepAlive)
        }
    }

    private struct State {
        /// In the order in which they were loaded.
        var slots: [(name: String, slot: Slot)] = []
        var loads = 0
        /// When somebody looks for models whose time is over; nil if nobody does.
        var alarm: ContinuousClock.Instant?
    }

    /// The models that are always there, and the names that others have.
    private let fixed: ModelHost
    private let options: OnDemandOptions?
    private let freeMemory: @Sendable () -> Int
    private let state = Mutex(State())
    private let turns = ComputingTurns()

    /// - Parameter freeMemory: the bytes that this process can still have.
    init(
        _ fixed: ModelHost, _ options: OnDemandOptions?,
        freeMemory: @escaping @Sendable () -> Int = { MachineMemory.available }
    ) {
        self.fixed = fixed
        self.options = options
        self.freeMemory = freeMemory
    }

    /// What is there now.
    var host: ModelHost {
        let slots = state.withLock(\.slots)
        var host = fixed
        for (name, slot) in slots {
            host.add(slot.model)
            // What one request has, another does not end: its time begins when nobody has it.
            host.expiries[name] = .some(slot.keepAlive.map { (slot.users > 0 ? .now : slot.idleSince) + .seconds($0) })
        }
        host.catalog = options?.catalog
        return host
    }

    /// How many models have been loaded when they were asked for.
    var loads: Int { state.withLock(\.loads) }

    /// What is there for a request that names these models, which are loaded if need be and stay at least as long as the lease;
    /// nil stands for a request that names none. A name that nobody knows is left for the route to refuse.
    func host(for names: [String?]) async throws -> (ModelHost, ModelLease) {
        let lease = ModelLease { [weak self] in self?.release($0, keepAlive: $1) }
        guard let options else { return (fixed, lease) }
        for name in names {
            let name = name.flatMap { $0.isEmpty ? nil : $0 } ?? (fixed.ids.isEmpty ? options.defaultModel : nil)
            guard let name else { continue }
            let wanted = host.canonical(name)
            guard !take(wanted, for: lease), let entry = host.available.first(where: { $0.name == wanted }) else {
                continue
            }
            let deadline = ContinuousClock.now + .seconds(options.waitingSeconds)
            try await Peer.whileThere { try await self.load(entry, for: lease, until: deadline) }
        }
        return (host, lease)
    }

    /// Notes a use of a model that was loaded on demand; false if it is not there.
    private func take(_ name: String, for lease: ModelLease) -> Bool {
        state.withLock { state in
            guard let index = state.slots.firstIndex(where: { $0.slot.model.answers(to: name) }) else {
                return fixed.ids.contains(name)
            }
            state.slots[index].slot.users += 1
            lease.add(state.slots[index].slot.id)
            return true
        }
    }

    private func release(_ id: Int, keepAlive: Double??) {
        let now = ContinuousClock.now
        state.withLock { state in
            guard let index = state.slots.firstIndex(where: { $0.slot.id == id }) else { return }
            state.slots[index].slot.users -= 1
            state.slots[index].slot.idleSince = now
            if let keepAlive { state.slots[index].slot.keepAlive = keepAlive }
        }
        expire()
    }

    /// Lets go of models whose time is over, and comes back when that of the next one is.
    private func expire() {
        let now = ContinuousClock.now
        let (gone, alarm) = state.withLock { state -> ([LoadedModel], ContinuousClock.Instant?) in
            let gone = state.slots.filter { $0.slot.expiry.map { $0 <= now } ?? false }
            state.slots.removeAll { $0.slot.expiry.map { $0 <= now } ?? false }
            let next = state.slots.compactMap(\.slot.expiry).min()
            guard let next, state.alarm.map({ next < $0 }) ?? true else { return (gone.map(\.slot.model), nil) }
            state.alarm = next
            return (gone.map(\.slot.model), next)
        }
        // Their memory is given back outside of the lock.
        withExtendedLifetime(gone) {}
        guard let alarm else { return }
        Task { [weak self] in
            try? await Task.sleep(until: alarm, clock: .continuous)
            self?.state.withLock { if $0.alarm == alarm { $0.alarm = nil } }
            self?.expire()
        }
    }

    /// Lets go of a model, since its files are others now or gone: who asks next gets what is there then. Requests that have it keep
    /// it to their end.
    func forget(_ name: String) {
        let gone = state.withLock { state in
            defer { state.slots.removeAll { $0.name == name } }
            return state.slots.filter { $0.name == name }
        }
        withExtendedLifetime(gone) {}
        fixed.slots.forget(name)
    }

    /// Whether a model is always there.
    func isFixed(_ name: String) -> Bool { fixed.ids.contains(name) }

    /// Lets go of a model now if nobody uses it.
    ///
    /// - Returns: whether it is gone.
    private func unload(_ id: Int) -> Bool {
        let gone = state.withLock { state -> Slot? in
            guard let index = state.slots.firstIndex(where: { $0.slot.id == id && $0.slot.users == 0 }) else {
                return nil
            }
            return state.slots.remove(at: index).slot
        }
        return gone != nil
    }

    private func load(
        _ entry: CatalogEntry, for lease: ModelLease, until deadline: ContinuousClock.Instant
    ) async throws {
        while true {
            do {
                return try await turns.take { try self.load(entry, for: lease) }
            } catch let error as NoRoom {
                guard !error.isFinal, ContinuousClock.now < deadline else { throw error.answer(entry) }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// There is no room for a model.
    private struct NoRoom: Error {
        /// Whether waiting for others to end does not help.
        let isFinal: Bool
        let reason: String

        func answer(_ entry: CatalogEntry) -> APIError {
            var error = APIError(
                .serviceUnavailable, "The model \"\(entry.name)\" cannot be loaded now: \(reason).", param: "model",
                code: "model_not_loaded")
            if !isFinal { error.headers[.retryAfter] = "10" }
            return error
        }
    }

    /// Loads a model on this thread, unless another request has done so meanwhile.
    private func load(_ entry: CatalogEntry, for lease: ModelLease) throws {
        guard let options, !take(entry.name, for: lease) else { return }
        try makeRoom(for: entry, options)
        let model: LoadedModel
        do {
            model = try options.catalog.load(entry.name, reserved: reserve)
        } catch {
            throw APIError(
                .internalServerError, "The model \"\(entry.name)\" cannot be loaded: \(error)", param: "model",
                code: "model_not_loaded")
        }
        let id = state.withLock { state in
            state.loads += 1
            let slot = Slot(
                id: state.loads, model: model, users: 1, idleSince: .now, keepAlive: options.keepAlive)
            state.slots.append((entry.name, slot))
            return slot.id
        }
        lease.add(id)
    }

    /// What the models in memory may still take of what is free.
    private var reserve: Int {
        let slots = state.withLock(\.slots)
        return fixed.models.reduce(0) { $0 + LoadedModel.language($1).reserve }
            + slots.reduce(0) { $0 + $1.slot.model.reserve }
    }

    /// Lets go of models that nobody uses, those first that were used least lately, until there is room.
    private func makeRoom(for entry: CatalogEntry, _ options: OnDemandOptions) throws {
        while true {
            let (count, idle) = state.withLock { state in
                (
                    state.slots.count,
                    state.slots.filter { $0.slot.users == 0 }.min { $0.slot.idleSince < $1.slot.idleSince }?.slot.id
                )
            }
            let free = freeMemory() - reserve
            if count < options.maximumModels, entry.bytes <= free { return }
            if let idle, unload(idle) { continue }
            guard entry.bytes <= free else {
                throw NoRoom(
                    isFinal: count == 0,
                    reason: "it takes \(entry.bytes >> 20) MiB, and \(max(0, free) >> 20) MiB are free")
            }
            throw NoRoom(isFinal: false, reason: "\(count) models are in use, and no more may be in memory at once")
        }
    }
}

/// The use of models by one request; it ends with the last reference.
final class ModelLease: Sendable {
    private struct State {
        var slots: [Int] = []
        var keepAlive: Double??
    }

    private let state = Mutex(State())
    private let release: @Sendable (Int, Double??) -> Void

    init(release: @escaping @Sendable (Int, Double??) -> Void) { self.release = release }

    deinit {
        let state = state.withLock(\.self)
        for slot in state.slots { release(slot, state.keepAlive) }
    }

    func add(_ slot: Int) { state.withLock { $0.slots.append(slot) } }

    /// For how many seconds the models are to stay afterwards; nil for ever.
    func keep(for seconds: Double?) { state.withLock { $0.keepAlive = .some(seconds) } }
}
