import Swiftlet

/// What doc comments and the README show, compiled with what an application has: the library's one import.
enum Samples {
    static func readme() async throws {
        let engine = Engine(model: try LanguageModel.load("model.gguf"))
        let prompt = engine.model.tokenizer.encode("The capital of France is")
        for try await event in engine.generate(GenerationRequest(prompt: prompt, maximumTokens: 20)) {
            if case .token(let token) = event { print(token.text, terminator: "") }
        }
    }

    static func server() async throws {
        let engine = Engine(model: try LanguageModel.load("smollm2.gguf"))
        let server = try Server(models: [EngineModel(engine: engine, id: "smollm2")])
        try await server.run { port in print("http://127.0.0.1:\(port)/") }
    }
}
