extension Family {
    /// All families.
    package static let all: [Family] = [
        bert, bloom, cohere, dbrx, deciLM, deepSeekV2, distilBERT, falcon, gemma, gemma2, gpt2, gptBigCode, gptJ,
        gptNeoX, granite, graniteMoE, grok, jamba, jetMoE, lfm2, llama, mamba, mistral, mixtral, mobileLLM, mpnet, mpt,
        nomicBERT, olmo, olmo2, opt, phi, phi3, qwen, qwen2, qwen2MoE, qwen3, qwen3MoE, roberta, rwkv4, rwkv5, smolLM3,
        stableLM, starCoder2,
    ]
}
