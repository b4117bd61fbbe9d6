import Files
import Foundation
import JSONValues
import Testing

@testable import ModelStore

/// Modelfiles, and models that share the files of others.
@Suite struct DerivedModelTests {
    @Test(arguments: [
        "FROM smollm2\n",
        "FROM a\nTEMPLATE {{ messages[0].content }}\nSYSTEM You are Mario.\nPARAMETER temperature 0.5\nPARAMETER stop <e>\nPARAMETER stop \"\"\"\"b\"\"\"\"\n",
        "FROM a\nSYSTEM \"\"\"\none\n two \"three\"\n\"\"\"\nMESSAGE user Hi\nMESSAGE assistant \"\"\"a\nb\"\"\"\nLICENSE MIT\n",
        "FROM a\nPARAMETER stop \" \"\nPARAMETER top_k 3\n",
    ])
    func `Modelfiles come back as they were`(text: String) throws {
        let file = try Modelfile(parsing: text)
        #expect(file.text == text)
        #expect(try Modelfile(parsing: file.text) == file)
    }

    @Test func `Modelfiles are read as people write them`() throws {
        let file = try Modelfile(
            parsing: """
                # A comment.

                from  smollm2
                parameter TEMPERATURE 1
                PARAMETER stop "<e>"
                PARAMETER stop "a b"
                PARAMETER num_ctx 4096
                System "You are brief."
                ADAPTER ./lora
                PARAMETER stop "<e>"
                """)
        #expect(file.base == "smollm2" && file.adapter == "./lora" && file.settings.system == "You are brief.")
        #expect(file.settings.parameters["temperature"] == 1 && file.settings.parameters["num_ctx"] == 4096)
        #expect(file.settings.parameters["stop"] == ["<e>", "a b", "<e>"])
    }

    @Test(arguments: [
        ("SYSTEM x", 1), ("FROM a\nWHAT b", 2), ("FROM a\nPARAMETER stop", 2), ("FROM", 1),
        ("FROM a\n\nSYSTEM \"\"\"b", 3), ("FROM a\nSYSTEM \"\"\"b\nend\"\"\" x", 2), ("FROM a\nMESSAGE tool b", 2),
    ])
    func `what is none names its line`(text: String, line: Int) {
        do {
            _ = try Modelfile(parsing: text)
            Issue.record("it was read")
        } catch {
            guard case .invalidModelfile(line, _) = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test func `a model made of another has its files and stays when it goes`() async throws {
        let place = try LocalStoreTests.Place()
        let path = try place.add("base.gguf")
        let base = try await place.puller.pull(.path(path)).model
        var settings = ModelSettings()
        (settings.system, settings.parameters) = ("Be brief.", ["stop": ["x"], "temperature": 0.5])
        let extra = try place.add("config", Data("{}".utf8))
        try place.store.create(
            try ModelName("brief"), from: base, settings: settings, source: "base",
            files: ["adapter/adapter_config.json": extra])
        try place.store.remove("base")
        let made = try #require(try place.store.model(try ModelName("brief")))
        #expect(made.settings == settings && made.files.map(\.path) == ["base.gguf", "adapter/adapter_config.json"])
        let file = try place.store.resolve("brief")
        #expect(FileSystem.size(of: file) == base.size && place.store.model(at: file) == made)
        #expect(FileSystem.isFile(place.store.folder(of: made.name) + "/adapter/adapter_config.json"))
        // Settings on top of settings.
        var more = ModelSettings()
        more.parameters = ["temperature": 1]
        let over = more.over(settings)
        #expect(over.system == "Be brief." && over.parameters == ["stop": ["x"], "temperature": 1])
    }

    @Test func `files that make no model are refused and nothing changes`() async throws {
        let place = try LocalStoreTests.Place()
        let name = try ModelName("none")
        let page = try place.add("page", Data("<html>".utf8))
        for files in [["x.txt": page], ["x.gguf": page], ["../x.gguf": page], [:]] {
            #expect(throws: ModelStoreError.self) {
                try place.store.create(name, from: nil, settings: nil, source: "files", files: files)
            }
        }
        #expect(try place.store.model(name) == nil)
    }

    @Test(arguments: [
        ("smollm2:latest", "smollm2"), ("mario:7b", "mario-7b"), ("me/mario", "me-mario"),
        ("hf.co/o/Llama-GGUF:Q4_K_M", "llama-q4_k_m"), ("huggingface.co/o/r", "r"),
    ])
    func `names of Ollama's clients`(text: String, name: String) throws {
        #expect(try ModelName(ollama: text).text == name)
    }

    @Test func `nobody names a path over the network`() throws {
        let place = try LocalStoreTests.Place()
        let path = try place.add("base.gguf")
        for text in [path, "./x", "llama3", "~/x"] {
            #expect(throws: ModelStoreError.self) { try ModelSource(ollama: text) }
        }
        #expect(
            place.store.blob("sha256:../../x") == nil
                && place.store.blob("sha256:" + String(repeating: "A", count: 64)) == nil)
        #expect(place.store.blob("sha256:" + String(repeating: "a", count: 64))?.hasPrefix(place.store.folder) == true)
    }
}
