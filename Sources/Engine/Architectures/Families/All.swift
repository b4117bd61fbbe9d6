extension Family {
    /// All families.
    package static let all: [Family] = decoders + mixtures + recurrent + encoders

    private static let decoders: [Family] = [
        apertus, arcee, bitNet, bloom, cohere, cohere2, deciLM, ernie45, exaone4, falcon, gemma, gemma2, gemma3, glm,
        glm4,
        gpt2, gptBigCode, gptJ, gptNeoX, granite, helium, hunyuan, llama, ministral, ministral3, mistral, mobileLLM,
        mpt,
        nanoChat, nemotron, olmo, olmo2, olmo3, opt, persimmon, phi, phi3, qwen, qwen2, qwen3, seedOSS, smolLM3,
        stableLM,
        starCoder2, vaultGemma,
    ]
    private static let mixtures: [Family] = [
        afmoe, dbrx, deepSeekV2, dots1, ernie45MoE, flexOLMo, glm4MoE, graniteMoE, grok, hunyuanMoE, jetMoE, miniMaxM2,
        mixtral, olmoE, phiMoE, qwen2MoE, qwen3MoE, solarOpen,
    ]
    private static let recurrent: [Family] = [jamba, lfm2, mamba, rwkv4, rwkv5]
    private static let encoders: [Family] = [bert, distilBERT, mpnet, nomicBERT, roberta]
}
