import Files
import Foundation
import JSONValues
import Synchronization
import Testing

@testable import ModelStore

/// Pulls from a local server that speaks the hub's interface.
@Suite struct HubTests {
    let model = FakeHub.gguf(300_000)

    @Test func `a model arrives whole, recorded and verified`() async throws {
        let hub = try FakeHub()
        try hub.add("org/Small-GGUF/Small-Q4_K_M.gguf", model)
        try hub.add("org/Small-GGUF/Small-Q8_0.gguf", FakeHub.gguf(5000))
        let (pulled, wasPresent) = try await hub.puller().pull(ModelSource("hf:org/Small-GGUF"))
        #expect(!wasPresent)
        #expect(pulled.name.text == "small")
        #expect(pulled.files.map(\.path) == ["Small-Q4_K_M.gguf"])
        #expect(pulled.files.first?.sha256 == SHA256.digest(of: model))
        let path = try hub.store.resolve("small")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == model)
        #expect(try hub.store.models().models == [pulled])
        #expect(!FileSystem.exists(hub.store.folder + "/incoming/small"))

        let requests = try hub.log().count
        let again = try await hub.puller().pull(ModelSource("hf:org/Small-GGUF"))
        #expect(again.wasPresent && again.model == pulled)
        #expect(try hub.log().count == requests + 1)
    }

    @Test func `a cut connection is continued where it stopped`() async throws {
        let hub = try FakeHub()
        try hub.add("org/m/m.gguf", model)
        try hub.setFaults(["m.gguf": ["cut:100000", "cut:50000"]])
        _ = try await hub.puller().pull(ModelSource("hf:org/m"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: hub.store.resolve("m"))) == model)
        let ranges = try hub.log().compactMap { $0["range"]?.stringValue }
        #expect(Set(ranges) == ["bytes=100000-", "bytes=150000-"])
    }

    @Test func `a pull that gave up is continued by the next`() async throws {
        let hub = try FakeHub()
        try hub.add("org/m/m.gguf", model)
        try hub.setFaults(["m.gguf": ["cut:120000", "status:503", "status:503", "status:503"]])
        await #expect(throws: ModelStoreError.self) { try await hub.puller().pull(ModelSource("hf:org/m")) }
        #expect(try hub.store.models().models.isEmpty)
        #expect(!FileSystem.exists(hub.store.folder(of: try ModelName("m"))))
        let planned = Mutex<Int?>(nil)
        _ = try await hub.puller { event in
            if case .planned(_, _, let present) = event { planned.withLock { $0 = present } }
        }.pull(ModelSource("hf:org/m"))
        #expect(planned.withLock { $0 } == 120_000)
        #expect(try hub.log().last?["range"]?.stringValue == "bytes=120000-")
        #expect(try Data(contentsOf: URL(fileURLWithPath: hub.store.resolve("m"))) == model)
    }

    @Test(arguments: ["retry-after:429", "status:500", "status:408", "status:416", "cut:0"])
    func `failures that pass are tried again`(fault: String) async throws {
        let hub = try FakeHub()
        try hub.add("org/m/m.gguf", model)
        try hub.setFaults(["m.gguf": [fault], "LISTING": ["status:502"]])
        _ = try await hub.puller().pull(ModelSource("hf:org/m"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: hub.store.resolve("m"))) == model)
    }

    @Test(arguments: ["whole", "status:416"])
    func `a server that cannot continue sends all of it again`(fault: String) async throws {
        let hub = try FakeHub()
        try hub.add("org/m/m.gguf", model)
        try hub.setFaults(["m.gguf": ["cut:1000", fault]])
        _ = try await hub.puller().pull(ModelSource("hf:org/m"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: hub.store.resolve("m"))) == model)
    }

    @Test func `damaged bytes are refused and fetched afresh`() async throws {
        let hub = try FakeHub()
        try hub.add("org/m/m.gguf", model)
        try hub.setFaults(["m.gguf": ["wrong"]])
        let error = await #expect(throws: ModelStoreError.self) {
            try await hub.puller().pull(ModelSource("hf:org/m"))
        }
        guard case .wrongDigest(let file, let expected, _) = error else { return #expect(Bool(false), "\(error)") }
        #expect(file == "m.gguf" && expected == SHA256.digest(of: model))
        #expect(try hub.store.models().models.isEmpty)
        _ = try await hub.puller().pull(ModelSource("hf:org/m"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: hub.store.resolve("m"))) == model)
    }

    @Test func `the token goes to the hub and to no other host`() async throws {
        let hub = try FakeHub()
        try hub.add("private/m/m.gguf", model)
        let error = await #expect(throws: ModelStoreError.self) {
            try await hub.puller().pull(ModelSource("hf:private/m"))
        }
        guard case .unauthorized(_, 401, false) = error else { return #expect(Bool(false), "\(error)") }
        _ = try await hub.puller(token: "secret").pull(ModelSource("hf:private/m"))
        let log = try hub.log()
        #expect(log.contains { $0["port"]?.intValue == hub.port && $0["authorization"] == "Bearer secret" })
        let elsewhere = log.filter { $0["port"]?.intValue != hub.port }
        #expect(!elsewhere.isEmpty && elsewhere.allSatisfy { $0["authorization"] == .null })
    }

    @Test func `a folder comes with configuration, tokenizer and all shards, and nothing else`() async throws {
        let hub = try FakeHub()
        for file in ["config.json", "tokenizer.json", "model.safetensors.index.json", "1_Pooling/config.json"] {
            try hub.add("org/Folder/\(file)", Data("{}".utf8))
        }
        for file in ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] {
            try hub.add("org/Folder/\(file)", FakeHub.gguf(2000, seed: file.utf8.count))
        }
        try hub.add("org/Folder/onnx/model.onnx", Data(count: 500))
        try hub.add("org/Folder/pytorch_model.bin", Data(count: 500))
        let (pulled, _) = try await hub.puller().pull(ModelSource("hf:org/Folder"), as: ModelName("f"))
        #expect(
            Set(pulled.files.map(\.path)) == [
                "config.json", "tokenizer.json", "model.safetensors.index.json", "1_Pooling/config.json",
                "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
            ])
        #expect(try hub.store.resolve("f") == hub.store.folder(of: ModelName("f")))
        #expect(FileSystem.isFile(try hub.store.resolve("f") + "/1_Pooling/config.json"))
    }

    @Test func `a folder without a tokenizer is refused before anything is fetched`() async throws {
        let hub = try FakeHub()
        for file in ["config.json", "generation_config.json", "model.safetensors"] {
            try hub.add("org/Bare/\(file)", Data("{}".utf8))
        }
        let error = await #expect(throws: ModelStoreError.self) {
            _ = try await hub.puller().pull(ModelSource("hf:org/Bare"), as: ModelName("b"))
        }
        guard case .notAModel(_, let reason) = error else { return #expect(Bool(false), "\(error as Any)") }
        #expect(reason.contains("tokenizer.json"))
        #expect(throws: ModelStoreError.self) { try hub.store.resolve("b") }
    }

    @Test func `what is not there is said`() async throws {
        let hub = try FakeHub()
        try hub.add("org/g/a-Q4_0.gguf", FakeHub.gguf(200))
        try hub.add("org/g/a-Q8_0.gguf", FakeHub.gguf(200))
        try hub.setFaults(["LISTING": ["garbage"]])
        func error(_ source: String) async -> ModelStoreError? {
            await #expect(throws: ModelStoreError.self) { try await hub.puller().pull(ModelSource(source)) }
        }
        guard case .unexpectedAnswer = await error("hf:org/g") else { return #expect(Bool(false)) }
        guard case .notFound = await error("hf:org/nothing") else { return #expect(Bool(false)) }
        #expect(
            await error("hf:org/g")
                == .ambiguous(source: "hf:org/g", choices: ["hf:org/g:a-Q4_0.gguf", "hf:org/g:a-Q8_0.gguf"]))
        guard case .nothingMatches = await error("hf:org/g:Q5_0") else { return #expect(Bool(false)) }
    }

    /// The login page of a network, or a server without its large files: trying again would not help.
    @Test(arguments: [
        ("LISTING", "portal", "login page of a network"), ("m.gguf", "portal", "login page of a network"),
        ("m.gguf", "pointer", "Git LFS pointer"),
    ])
    func `what comes in the place of a model is told`(file: String, fault: String, message: String) async throws {
        let hub = try FakeHub()
        try hub.add("org/m/m.gguf", model)
        try hub.setFaults([file: [fault]])
        let error = await #expect(throws: ModelStoreError.self) { try await hub.puller().pull(ModelSource("hf:org/m")) }
        guard case .unexpectedAnswer(_, let reason) = error else { return #expect(Bool(false), "\(error as Any)") }
        #expect(reason.contains(message))
        _ = try await hub.puller().pull(ModelSource("hf:org/m"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: hub.store.resolve("m"))) == model)
    }

    @Test func `nobody answers`() async throws {
        let base = NSTemporaryDirectory() + "store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: base) }
        var settings = HubSettings(endpoint: "http://127.0.0.1:9")
        settings.firstPause = 0.01
        settings.attempts = 2
        let puller = Puller(store: LocalStore(folder: base), hub: settings)
        let error = await #expect(throws: ModelStoreError.self) { try await puller.pull(ModelSource("hf:org/m")) }
        guard case .connection(_, _, 2) = error else { return #expect(Bool(false), "\(String(describing: error))") }
    }

    @Test func `two pulls of one model at once`() async throws {
        let hub = try FakeHub()
        try hub.add("org/m/m.gguf", model)
        async let first = hub.puller().pull(ModelSource("hf:org/m"))
        async let second = hub.puller().pull(ModelSource("hf:org/m"))
        let results = try await [first, second]
        #expect(results.map(\.wasPresent).sorted { !$0 && $1 } == [false, true])
        #expect(try Data(contentsOf: URL(fileURLWithPath: hub.store.resolve("m"))) == model)
    }

    @Test func `a new commit replaces the model`() async throws {
        let hub = try FakeHub()
        try hub.add("org/m/m.gguf", model)
        _ = try await hub.puller().pull(ModelSource("hf:org/m"))
        let newer = FakeHub.gguf(1000, seed: 9)
        try hub.add("org/m/m.gguf", newer)
        let (_, wasPresent) = try await hub.puller().pull(ModelSource("hf:org/m"))
        #expect(!wasPresent)
        #expect(try Data(contentsOf: URL(fileURLWithPath: hub.store.resolve("m"))) == newer)
    }
}
