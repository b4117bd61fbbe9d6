import ArgumentParser
import Essentials
import ModelStore
import Serving

/// What clients of a server may do with the store.
struct StoreOptions: ParsableArguments {
    @Flag(
        inversion: .prefixedNo,
        help: ArgumentHelp(
            "Load any model of the store when a request names it.",
            discussion: "Otherwise so on an address of this machine without keys, where only its users ask."))
    var onDemand: Bool?
    @Flag(
        inversion: .prefixedNo,
        help: ArgumentHelp(
            "Let clients pull models, make them of others, copy and remove them.",
            discussion: "Otherwise so on an address of this machine without keys."))
    var manageModels: Bool?
    @Option(
        help: ArgumentHelp(
            "How long a model that was loaded on demand stays after its last request, such as 30s, 5m or 1h; -1 for ever.",
            valueName: "time"))
    var keepAlive = "5m"
    @Option(
        help: ArgumentHelp("The most models in memory that were loaded on demand.", valueName: "count"))
    var maxModels = 3

    func validate() throws {
        guard KeepAlive.duration(keepAlive) != nil else {
            throw ValidationError("--keep-alive wants a time such as 30s, 5m or -1, not \(keepAlive)")
        }
        guard maxModels >= 1 else { throw ValidationError("--max-models wants a number from 1, not \(maxModels)") }
    }

    /// The options of models that are loaded on demand.
    func options(catalog: StoreCatalog) -> OnDemandOptions {
        var options = OnDemandOptions(catalog: catalog)
        options.keepAlive = KeepAlive.duration(keepAlive).flatMap { $0 < 0 ? nil : $0 }
        options.maximumModels = maxModels
        return options
    }
}
