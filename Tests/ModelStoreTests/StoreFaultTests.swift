import Files
import Foundation
import Testing

@testable import ModelStore

/// A disk that is full or broken at any step of a pull: the store shows the model as it was or as it is now, complete, and the
/// next pull succeeds. The faults are injected, so that these tests say the same whoever runs them.
@Suite struct StoreFaultTests {
    /// Whether the store has exactly one of these models, whole, and nothing half made.
    private func isWhole(_ store: LocalStore, _ choices: [Data?]) throws -> Bool {
        let (models, problems) = try store.models()
        guard problems.isEmpty, models.count <= 1 else { return false }
        let names = (try? FileSystem.names(in: store.folder + "/models")) ?? []
        guard names == models.map(\.name.text) else { return false }
        let data = try models.first.map { try Data(contentsOf: URL(fileURLWithPath: store.resolve($0.name.text))) }
        return choices.contains(data)
    }

    @Test func `an import fails without a trace in the store`() async throws {
        let place = try LocalStoreTests.Place()
        let (first, second) = (FakeHub.gguf(5000), FakeHub.gguf(7000, seed: 2))
        let (source, store) = (try place.add("m.gguf", first), place.store)
        // New, and in the place of an older version.
        for old in [nil, first] {
            try await FaultPlan.sweep {
                try FileSystem.remove(store.folder)
                guard let old else { return }
                try FileSystem.createFolder(store.folder + "/models/m")
                try old.write(to: URL(fileURLWithPath: source))
                let incoming = try #require(try Incoming(store: store, name: ModelName("m")))
                let model = try #require(
                    try LocalImport(incoming: incoming) { _ in }
                        .importModel(at: source, source: source, revision: nil, existing: nil))
                #expect(model.size == old.count)
            } _: {
                try second.write(to: URL(fileURLWithPath: source))
                _ = try await place.puller.pull(ModelSource(source))
            } check: { fault, step, error in
                let context: Comment = "\(fault as Any) at \(step as Any): \(error as Any)"
                if error != nil {
                    #expect(error is ModelStoreError || error is FileError, context)
                    let isWhole = try isWhole(store, [old, second])
                    #expect(isWhole, context)
                } else {
                    let isNew = try isWhole(store, [second])
                    #expect(isNew, context)
                    #expect(!FileSystem.exists(store.folder + "/incoming/m"), context)
                }
            }
        }
    }

    @Test func `a full disk is said with what helps`() async throws {
        let place = try LocalStoreTests.Place()
        let source = try place.add("m.gguf")
        let error = await #expect(throws: ModelStoreError.self) {
            try await FaultPlan.$current.withValue(FaultPlan(.diskFull, atStep: 6)) {
                try await place.puller.pull(ModelSource(source))
            }
        }
        guard case .diskFull = error else { return #expect(Bool(false), "\(String(describing: error))") }
        #expect(try place.store.models().models.isEmpty)
        #expect(try await !place.puller.pull(ModelSource(source)).wasPresent)
    }

    @Test func `a download that meets a full disk goes on with the next pull`() async throws {
        let hub = try FakeHub()
        let model = FakeHub.gguf(300_000)
        try hub.add("org/m/m.gguf", model)
        let count = FaultPlan()
        try await FaultPlan.$current.withValue(count) { _ = try await hub.puller().pull(ModelSource("hf:org/m")) }
        let firstWrite = try #require(count.steps.firstIndex(of: .write))
        for fault in [.diskFull, .failure(EIO)] as [FaultPlan.Fault] {
            try FileSystem.remove(hub.store.folder)
            await #expect(throws: (any Error).self) {
                try await FaultPlan.$current.withValue(FaultPlan(fault, atStep: firstWrite + 1)) {
                    _ = try await hub.puller().pull(ModelSource("hf:org/m"))
                }
            }
            #expect(try isWhole(hub.store, [nil]))
            _ = try await hub.puller().pull(ModelSource("hf:org/m"))
            #expect(try isWhole(hub.store, [model]))
            let ranges = try hub.log().compactMap { $0["range"]?.stringValue }
            #expect(!ranges.isEmpty)
        }
    }
}
