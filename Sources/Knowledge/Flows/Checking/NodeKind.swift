/// What a node of a flow is here.
public enum NodeKind: String, Sendable, Hashable, CaseIterable {
    /// A text for people.
    case note
    /// A language model: a local one, or a server's, by configuration.
    case model
    /// A model that makes vectors: the local encoder.
    case embeddings
    /// A store of vectors: a collection.
    case collection
    /// Keeps track of what is indexed, which collections do themselves.
    case recordManager
    /// Finds passages.
    case retriever
    /// Documents that are read from files or the web.
    case documents
    /// Cuts documents into passages.
    case splitter
    /// Remembers a conversation.
    case memory
    /// Remembers answers; models here keep what they have read.
    case cache
    /// Looks at what users say.
    case moderation
    /// Reads a value out of an answer.
    case outputParser
    /// A text with holes.
    case prompt
    /// Where runs are reported to: a trace is always kept.
    case trace
    /// A prompt and a model.
    case modelChain
    /// A model that talks.
    case conversationChain
    /// Answers from passages.
    case retrievalChain
    /// Answers from a database.
    case sqlChain
    /// Chooses one of several prompts or collections.
    case routerChain
    /// Answers by what a server says.
    case requestChain
    /// Makes one answer of passages.
    case synthesizer
    /// Asks several engines parts of a question.
    case subQuestionEngine
    /// A model that calls tools.
    case toolAgent
    /// A model that thinks and acts in turns.
    case reactAgent
    /// Computes.
    case calculator
    /// Tells the time.
    case clock
    /// Searches the web through an endpoint that the user gives.
    case webSearch
    /// Reads a page.
    case webPage
    /// Asks a server.
    case httpTool
    /// Searches passages.
    case retrieverTool
    /// A chain as a tool.
    case chainTool
    /// Another flow, given as a file.
    case flowTool
    /// Tools of an MCP server.
    case mcpServer
    /// Reads a part of a JSON value.
    case jsonPath
    /// Python in a sandbox.
    case codeInterpreter
    /// Keeps or gives a value.
    case variable

    // Steps of sequential agents.
    case sequentialStart, sequentialState, sequentialAgent, sequentialModel, sequentialTool, sequentialCondition
    case sequentialConditionAgent, sequentialLoop, sequentialEnd, sequentialFlow, supervisor, worker

    // Steps of AgentFlow 2.
    case start, agentStep, modelStep, toolStep, conditionStep, conditionAgentStep, loopStep, iterationStep
    case humanInputStep, requestStep, retrieverStep, replyStep, flowStep

    /// What it is here, for people.
    public var meaning: String {
        switch self {
        case .model: "any model, by --model"
        case .embeddings: "the local encoder, by --encoder"
        case .collection: "a collection, by --collection, or one in memory"
        case .documents: "files or folders, by --documents"
        case .webSearch: "a search endpoint, by --search"
        case .mcpServer: "an MCP server, by --mcp"
        case .flowTool, .flowStep, .sequentialFlow: "another flow's file, by --flow"
        case .trace: "the trace, by --trace"
        case .sqlChain: "an SQLite file, by --database"
        default: rawValue
        }
    }
}
