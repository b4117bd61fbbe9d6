import ArgumentParser
import Essentials
import Files
import ModelStore

/// `swiftlet create`.
struct CreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a model of another one with settings of its own, as a Modelfile says.",
        discussion: """
            The file has lines FROM, PARAMETER, TEMPLATE (in Jinja's language), SYSTEM, ADAPTER, MESSAGE and LICENSE, as Ollama's \
            have. FROM names a model of the store, a file or folder, or what swiftlet pull takes. The new model shares the \
            files of the other.

              printf 'FROM smollm2\\nSYSTEM You are Mario.\\nPARAMETER temperature 0.5\\n' | swiftlet create mario -f -
            """)

    @Argument(help: "The model's name in the store.") var name: String
    @Option(name: [.short, .long], help: "The Modelfile; - for the standard input.") var file = "Modelfile"

    func run() async throws {
        let bytes = file == "-" ? try Console.standardInput() : try FileSystem.contents(of: file)
        let modelfile = try Modelfile(parsing: String(decoding: bytes, as: UTF8.self))
        let environment = ProcessInfo.processInfo.environment
        let store = LocalStore(environment: environment)
        let name = try ModelName(ollama: name)
        var base = try? store.model(ModelName(ollama: modelfile.base))
        if base == nil {
            let source =
                try (try? ModelSource(ollama: modelfile.base)) ?? ModelSource(beside(modelfile.base))
            base = try await Puller(store: store, hub: HubSettings(environment: environment))
                .pull(source, as: name).model
        }
        var (settings, files) = (modelfile.settings, [String: String]())
        if let adapter = modelfile.adapter.map(beside) {
            for part in try FileSystem.names(in: adapter) where part.hasPrefix("adapter_") {
                files["adapter/" + part] = "\(adapter)/\(part)"
            }
            settings.adapter = "adapter"
        }
        let made = try store.create(
            name, from: base, settings: settings.over(base?.settings ?? ModelSettings()),
            source: base?.source ?? modelfile.base,
            files: files)
        Console.note("\(made.name) (\(Quantities.bytes(made.size))) is ready")
    }

    /// A path as it is meant: from the folder of the Modelfile on.
    private func beside(_ path: String) -> String {
        let path = FileSystem.expandingTilde(path)
        guard !path.hasPrefix("/"), file != "-" else { return path }
        return FileSystem.parent(of: file) + "/" + path
    }
}
