import Swiftlet

/// Serves a language model through OpenAI's API and a web page, as `swiftlet serve` does: `swift run serve MODEL [PORT]`.
@main
struct Serve {
    static func main() async throws {
        guard CommandLine.arguments.count > 1 else {
            print("usage: serve MODEL.gguf [PORT]")
            return
        }
        let engine = Engine(model: try LanguageModel.load(CommandLine.arguments[1]))
        var options = ServerOptions()
        options.port = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 8080
        let server = try Server(models: [EngineModel(engine: engine, id: engine.model.name)], options: options)
        try await server.run { port in print("http://127.0.0.1:\(port)/") }
    }
}
