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

    static func generation() async throws {
        let engine = Engine(model: try LanguageModel.load("smollm2.gguf"))
        let prompt = engine.model.tokenizer.encode("The capital of France is")
        for try await event in engine.generate(GenerationRequest(prompt: prompt, maximumTokens: 16)) {
            if case .token(let token) = event { print(token.text, terminator: "") }
        }
    }

    static func conversation() throws {
        let model = try LanguageModel.load("smollm2.gguf")
        let engine = Engine(model: model)
        let prompt = try model.prompt(for: [["role": "user", "content": "Hello!"]])
        let stream = engine.generate(GenerationRequest(prompt: prompt))
        _ = stream
    }

    static func judging(_ model: any ChatModel) async throws {
        let judge = Judge(model)
        let grade = try await judge.grade("Vienna.", to: "What is the capital of Austria?")
        print(grade.score, grade.explanation)
    }

    static func translation() async throws {
        let engine = Engine(model: try LanguageModel.load("nllb-200-distilled-600M"))
        let request = try engine.model.translation(of: "The house is wonderful.", from: "en", to: "de")
        for try await event in engine.generate(request) {
            if case .token(let token) = event { print(token.text, terminator: "") }
        }
    }

    static func tokens() throws {
        let tokenizer = try LanguageModel.load("smollm2.gguf").tokenizer
        let ids = tokenizer.encode("Hello world")
        let text = tokenizer.decode(ids)
        print(ids, text)
    }

    static func embedding() throws {
        let embedder: any TextEmbedder = try SentenceEncoder.load("all-MiniLM-L6-v2")
        let vectors = try embedder.embed(["A cat on a mat.", "A feline on a rug."])
        let nearness = embedder.similarity(vectors[0], vectors[1])
        print(nearness)
    }

    static func constraint(_ tokenizer: Tokenizer, _ schema: JSON, _ token: Int32) throws {
        let trie = TokenTrie(tokenizer)
        let constraint = try Constraint(.jsonSchema(schema), trie)
        var matcher = constraint.makeMatcher()
        var mask = TokenMask(count: trie.vocabularySize)
        try matcher.mask(into: &mask)
        let isAccepted = try matcher.accept(token)
        let forced = try matcher.forcedBytes()
        print(isAccepted, forced, matcher.isComplete)
        matcher.rollback(1)
    }

    static func program(_ engine: Engine) async throws {
        var program = TextProgram(engine, text: "Name: ")
        try await program.generate("name", stopStrings: ["\n"], maximumTokens: 12)
        program.append("\nLikes: ")
        let animal = try await program.select("animal", from: ["cats", "dogs"])
        for number in 1...3 {
            program.append("\n\(number). reason to like \(animal): ")
            try await program.generate("reasons", matching: .regex("[^\\n]{1,60}"), maximumTokens: 20)
        }
        print(program.text, program["name"] ?? "", program.values["reasons"] ?? [])
    }

    static func beams(_ engine: Engine, _ prompt: [Int32]) async throws {
        let hypotheses = try await engine.beamSearch(prompt, BeamSearchParameters(beams: 4, maximumTokens: 32))
        for hypothesis in hypotheses { print(hypothesis.score, hypothesis.text) }
    }

    static func importance(_ engine: Engine, _ prompt: [Int32], _ answer: [Int32]) async throws {
        let importance = try await engine.importance(of: prompt.indices.map { $0..<$0 + 1 }, in: prompt, for: answer)
        for (token, value) in zip(prompt, importance) { print(engine.model.tokenizer.decode([token]), value) }
    }

    static func tools(_ model: LanguageModel, _ template: String) throws {
        let weather = Tool(name: "weather", parameters: ["type": "object", "properties": ["city": ["type": "string"]]])
        let plan = AnswerPlan(tools: [weather], format: ToolCallFormat(template: template))
        let constraint = try plan.grammar().map { try model.constraint(for: $0) }
        var parser = plan.makeParser()
        for part in parser.append("<tool_call>\n{\"name\": \"weather\"") { print(part) }
        _ = constraint
    }

    static func typed(_ engine: Engine) async throws {
        struct Invoice: Decodable { var number: String; var lines: [Line]; var total: Double }
        struct Line: Decodable { var text: String; var price: Double }
        let invoice = try await engine.generate(
            [["role": "user", "content": "An invoice for two chairs."]], as: Invoice.self)
        print(invoice.total)
    }

    static func server() async throws {
        let engine = Engine(model: try LanguageModel.load("smollm2.gguf"))
        let server = try Server(models: [EngineModel(engine: engine, id: "smollm2")])
        try await server.run { port in print("http://127.0.0.1:\(port)/") }
    }

    static func scripted() async throws {
        let model = ScriptedModel(["Paris."])
        print(try await model.answer("What is the capital of France?"))
    }

    static func hosted() async throws {
        let model = try HostedModel(.openAI, model: "smollm2", url: "http://127.0.0.1:8080/v1")
        print(try await model.answer("Say hello."))
    }

    static func router(_ small: any ChatModel, _ large: any ChatModel) async throws {
        let ledger = CostLedger(prices: ["large": CostLedger.Price(input: 2.5, output: 10)])
        let router = ModelRouter(
            [.init(small, longestPrompt: 2000), .init(large)], ledger: ledger)
        print(try await router.answer("Hello!"), ledger.total)
    }

    static func trace(_ agent: Agent) async throws {
        let trace = Trace()
        let answer = try await RunContext.tracing(trace) { try await agent.run("What is 6 * 7?").text }
        print(answer, trace.openTelemetry.text(.pretty))
    }

    static func chain(_ model: any ChatModel) async throws {
        let title = Chain("title") { (text: String) in try await model.answer("A title for: \(text)") }
        let short = title.then(Chain("cut") { String($0.prefix(40)) }).retrying(attempts: 2)
        print(try await short.run("A long text ..."))
    }

    static func prompt() throws {
        let prompt = try PromptTemplate("Translate into {language}: {text}")
        let german = prompt.filled(["language": "German"])
        print(try german.render(["text": "Good morning"]))
    }

    static func fewShot() async throws {
        let prompt = FewShotPrompt(
            examples: [["word": "big", "opposite": "small"], ["word": "hot", "opposite": "cold"]],
            example: try PromptTemplate("{word}: {opposite}"), suffix: try PromptTemplate("{word}:"))
        print(try await prompt.render(["word": "dark"]))
    }

    static func memory(_ model: any ChatModel) async throws {
        let memory = Memory(.window(turns: 4), store: try MemoryStore(path: "talk.sqlite"), conversation: "anna")
        let question = "What did I say about the garden?"
        let answer = try await model.answer(try await memory.recall(for: question) + [.user(question)])
        try await memory.remember(user: question, assistant: answer.text)
    }

    static func tool() async throws {
        struct Place: Codable { var city: String }
        let weather = try AgentTool("weather", "The weather in a city.", arguments: Place.self) { place in
            "Sunny in \(place.city)."
        }
        print(try await weather.call(["city": "Graz"]))
    }

    static func agent(_ model: any ChatModel) async throws {
        let agent = Agent("helper", model: model, tools: [Calculator.tool, SmallTools.clock])
        let result = try await Budget(steps: 10, seconds: 60).run { try await agent.run("What is 17 * 23?") }
        print(result.text)
    }

    static func contextProtocol(_ model: any ChatModel) async throws {
        let server = try await MCPClient.start("python3", ["server.py"])
        let agent = Agent("helper", model: model, tools: try await server.tools())
        print(try await agent.run("Use your tools.").text)
        await server.close()
    }

    static func strategies(_ model: any ChatModel) async throws {
        let answer = try await PromptStrategies.selfConsistency("What is 17 * 23?", model: model, samples: 5)
        print(answer.text, answer.share)
    }

    static func flow(_ model: any ChatModel) async throws {
        let setup = FlowSetup(store: try MemoryStore()) { _ in model }
        let runner = try FlowRunner(try FlowFile(path: "support.json"), setup: setup)
        let result = try await Budget.usual.run { try await runner.run("Where is my parcel?") }
        print(result.text)
    }

    static func flowCheck() throws {
        let check = FlowCheck(try FlowFile(path: "support.json"))
        print("\(check.known) of \(check.nodes) nodes are known")
        for problem in check.problems { print(problem) }
    }

    static func documents() async throws {
        let document = try await DocumentLoader().load("manual.pdf")
        for part in document.parts { print(part.place ?? "", part.text.count) }
    }

    static func collection() async throws {
        let encoder = PassageEncoder(try SentenceEncoder.load("all-MiniLM-L6-v2"))
        let notes = try CollectionFolder(path: "collections").create("notes", encoder: encoder)
        try await Indexer(collection: notes, encoder: encoder).index(["Documents/notes"])
        for passage in try await notes.search(RetrievalQuery("When is the rent due?"), encoder: encoder) {
            print(passage.path, passage.location, passage.text)
        }
        try await answers(notes, encoder)
    }

    private static func answers(_ notes: DocumentCollection, _ encoder: PassageEncoder) async throws {
        let model = Engine(model: try LanguageModel.load("smollm2.gguf"))
        let answerer = Answerer(collection: notes, encoder: encoder, model: model)
        for try await event in answerer.answer("When is the rent due?") {
            if case .text(let text) = event { print(text, terminator: "") }
        }
    }
}
