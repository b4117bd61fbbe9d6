/// What each of Flowise's node types is here: a table, by the names that stand in exported files.
enum NodeCatalogue {
    /// Why nodes with these names do not run.
    enum Refusal: String, Sendable, Hashable {
        case javaScript = "custom JavaScript, which is never run"
        case hostedService = "a service that nothing here stands in for"
    }

    /// What a node with this name is; nil for names that are not known.
    static func kind(_ name: String) -> NodeKind? { kinds[name] }

    /// Why a node with this name does not run.
    static func refusal(_ name: String) -> Refusal? { refusals[name] }

    private static let kinds = Dictionary(
        table.flatMap { kind, names in names.split(whereSeparator: \.isWhitespace).map { (String($0), kind) } },
        uniquingKeysWith: { first, _ in first })

    private static let refusals = Dictionary(
        [(Refusal.javaScript, javaScript), (.hostedService, services)].flatMap { refusal, names in
            names.split(whereSeparator: \.isWhitespace).map { (String($0), refusal) }
        }, uniquingKeysWith: { first, _ in first })

    private static let javaScript = """
        customFunction ifElseFunction customTool customDocumentLoader seqCustomFunction customFunctionAgentflow
        """

    private static let services = """
        openAIAssistant Neo4j graphCypherQAChain assemblyAI awsDynamoDBKVStorage awsSNS composio gmail googleCalendarTool \
        googleDocsTool googleDriveTool googleSheetsTool jiraTool microsoftOutlook microsoftTeams stripeAgentTool \
        wolframAlpha openAPIToolkit openApiChain chatNemoGuardrails promptLangFuse promptLangfuse
        """

    private static let table: [(NodeKind, String)] = parts + chains + tools + steps

    private static let parts: [(NodeKind, String)] = [
        (.note, "stickyNote stickyNoteAgentflow"),
        (
            .model,
            """
            awsChatBedrock azureChatOpenAI azureChatOpenAI_LlamaIndex chatAlibabaTongyi chatAnthropic \
            chatAnthropic_LlamaIndex chatBaiduWenxin chatCerebras chatCloudflareWorkersAI chatCohere chatCometAPI \
            chatDeepseek chatFireworks chatGoogleGenerativeAI chatGoogleVertexAI chatGooglePaLM chatGroq_LlamaIndex groqChat \
            chatHuggingFace chatIBMWatsonx chatLitellm chatLocalAI chatMistralAI chatMistral_LlamaIndex chatNvidiaNIM \
            chatOllama chatOllama_LlamaIndex chatOpenAI chatOpenAICustom chatOpenAI_LlamaIndex chatOpenRouter \
            chatPerplexity chatSambanova chatTogetherAI chatTogetherAI_LlamaIndex chatXAI awsBedrock azureOpenAI cohere \
            fireworks googlevertexai googlePaLM huggingFaceInference_LLMs ibmWatsonx ollama openAI replicate sambanova \
            togetherAI
            """
        ),
        (
            .embeddings,
            """
            AWSBedrockEmbeddings azureOpenAIEmbeddings azureOpenAIEmbeddingsLlamaIndex baiduQianfanEmbeddings \
            cohereEmbeddings googleGenerativeAiEmbeddings googlevertexaiEmbeddings googlePaLMEmbeddings \
            huggingFaceInferenceEmbeddings ibmEmbedding jinaEmbeddings localAIEmbeddings mistralAIEmbeddings \
            ollamaEmbedding openAIEmbedding_LlamaIndex openAIEmbeddings openAIEmbeddingsCustom togetherAIEmbedding \
            voyageAIEmbeddings
            """
        ),
        (
            .collection,
            """
            Astra chroma couchbase documentStoreVS elasticsearch faiss kendra meilisearch memoryVectorStore milvus \
            mongoDBAtlas openSearch pinecone pineconeLlamaIndex postgres qdrant redis simpleStoreLlamaIndex singlestore \
            supabase upstash vectara vectaraUpload weaviate zep zepCloud
            """
        ),
        (.recordManager, "MySQLRecordManager SQLiteRecordManager postgresRecordManager"),
        (
            .retriever,
            """
            vectorStoreRetriever promptRetriever similarityThresholdRetriever HydeRetriever RRFRetriever \
            multiQueryRetriever customRetriever embeddingsFilterRetriever llmFilterRetriever extractMetadataRetriever \
            cohereRerankRetriever JinaRerankRetriever AzureRerankRetriever voyageAIRerankRetriever awsBedrockKBRetriever
            """
        ),
        (
            .documents,
            """
            textFile plainText pdfFile docxFile csvFile jsonFile jsonlinesFile epubFile folderFiles fileLoader \
            microsoftExcel microsoftPowerpoint microsoftWord unstructuredFileLoader unstructuredFolderLoader notionFolder \
            cheerioWebScraper playwrightWebScraper puppeteerWebScraper apiLoader documentStore vectorStoreToDocument S3 \
            s3Directory airtable apifyWebsiteContentCrawler braveSearchApiLoader confluence figma fireCrawl gitbook github \
            googleDrive googleSheets jira notionDB notionPage oxylabs searchApi serpApi spiderDocumentLoaders
            """
        ),
        (
            .splitter,
            """
            characterTextSplitter codeTextSplitter htmlToMarkdownTextSplitter markdownTextSplitter \
            recursiveCharacterTextSplitter tokenTextSplitter
            """
        ),
        (
            .memory,
            """
            bufferMemory bufferWindowMemory conversationSummaryMemory conversationSummaryBufferMemory \
            RedisBackedChatMemory upstashRedisBackedChatMemory DynamoDBChatMemory MongoDBAtlasChatMemory ZepMemory \
            ZepMemoryCloud mem0 agentMemory sqliteAgentMemory postgresAgentMemory mySQLAgentMemory
            """
        ),
        (
            .cache,
            """
            inMemoryCache inMemoryEmbeddingCache momentoCache redisCache redisEmbeddingsCache upstashRedisCache
            """
        ),
        (.moderation, "inputModerationOpenAI inputModerationSimple"),
        (
            .outputParser,
            "advancedStructuredOutputParser csvOutputParser customListOutputParser structuredOutputParser"
        ),
        (.prompt, "promptTemplate chatPromptTemplate fewShotPromptTemplate"),
        (.trace, "LangWatch arize langFuse langSmith lunary opik phoenix"),
    ]

    private static let chains: [(NodeKind, String)] = [
        (.modelChain, "llmChain"),
        (.conversationChain, "conversationChain simpleChatEngine"),
        (
            .retrievalChain,
            """
            conversationalRetrievalQAChain retrievalQAChain vectaraQAChain vectorDBQAChain contextChatEngine queryEngine
            """
        ),
        (.sqlChain, "sqlDatabaseChain"),
        (.routerChain, "multiPromptChain multiRetrievalQAChain"),
        (.requestChain, "getApiChain postApiChain"),
        (
            .synthesizer,
            "compactrefineLlamaIndex refineLlamaIndex simpleResponseBuilderLlamaIndex treeSummarizeLlamaIndex"
        ),
        (.subQuestionEngine, "subQuestionQueryEngine"),
        (
            .toolAgent,
            """
            toolAgent openAIFunctionAgent mistralAIToolAgent conversationalRetrievalToolAgent conversationalRetrievalAgent \
            openAIToolAgentLlamaIndex anthropicAgentLlamaIndex xmlAgent
            """
        ),
        (.reactAgent, "conversationalAgent reactAgentChat reactAgentLLM mrklAgentChat mrklAgentLLM"),
    ]

    private static let tools: [(NodeKind, String)] = [
        (.calculator, "calculator"),
        (.clock, "currentDateTime"),
        (
            .webSearch,
            """
            arxiv braveSearchAPI exaSearch googleCustomSearch searXNG searchAPI serpAPI serper tavilyAPI
            """
        ),
        (.webPage, "webBrowser webScraperTool"),
        (.httpTool, "requestsDelete requestsGet requestsPost requestsPut"),
        (.retrieverTool, "retrieverTool"),
        (.chainTool, "chainTool queryEngineToolLlamaIndex"),
        (.flowTool, "ChatflowTool agentAsTool"),
        (
            .mcpServer,
            """
            customMCP customMcpServerTool braveSearchMCP browserlessMCP githubMCP pipedreamMCP postgreSQLMCP \
            sequentialThinkingMCP slackMCP supergatewayMCP teradataMCP
            """
        ),
        (.jsonPath, "jsonPathExtractor"),
        (.codeInterpreter, "codeInterpreterE2B"),
        (.variable, "setVariable getVariable"),
    ]

    private static let steps: [(NodeKind, String)] = [
        (.sequentialStart, "seqStart"), (.sequentialState, "seqState"), (.sequentialAgent, "seqAgent"),
        (.sequentialModel, "seqLLMNode"), (.sequentialTool, "seqToolNode"), (.sequentialCondition, "seqCondition"),
        (.sequentialConditionAgent, "seqConditionAgent"), (.sequentialLoop, "seqLoop"), (.sequentialEnd, "seqEnd"),
        (.sequentialFlow, "seqExecuteFlow"), (.supervisor, "supervisor"), (.worker, "worker"),
        (.start, "startAgentflow"), (.agentStep, "agentAgentflow"), (.modelStep, "llmAgentflow"),
        (.toolStep, "toolAgentflow"), (.conditionStep, "conditionAgentflow"),
        (.conditionAgentStep, "conditionAgentAgentflow"), (.loopStep, "loopAgentflow"),
        (.iterationStep, "iterationAgentflow"), (.humanInputStep, "humanInputAgentflow"),
        (.requestStep, "httpAgentflow"), (.retrieverStep, "retrieverAgentflow"), (.replyStep, "directReplyAgentflow"),
        (.flowStep, "executeFlowAgentflow"),
    ]
}
