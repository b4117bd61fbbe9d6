extension Family {
    package static let all: [Family] = decoders + mixtures + recurrent + encoders

    private static let decoders: [Family] = [
        apertus, arcee, bitNet, bloom, cohere, cohere2, deciLM, ernie45, exaone4, falcon, gemma, gemma2, gemma3, glm,
        glm4,
        gpt2, gptBigCode, gptJ, gptNeo, gptNeoX, granite, helium, hunyuan, jais2, llama, miniCPM3, ministral,
        ministral3, mistral, mobileLLM,
        mpt,
        nanoChat, nemotron, olmo, olmo2, olmo3, opt, persimmon, phi, phi3, qwen, qwen2, qwen3, seedOSS, smolLM3,
        stableLM,
        starCoder2, vaultGemma, youtu,
    ]
    private static let mixtures: [Family] = [
        afmoe, dbrx, deepSeekV2, deepSeekV3, dots1, exaoneMoE, ernie45MoE, flexOLMo, glm4MoE, glm4MoELite, gptOSS,
        graniteMoE, grok, hunyuanMoE, jetMoE, llama4, miniMaxM2,
        mixtral, olmoE, phiMoE, qwen2MoE, qwen3MoE, solarOpen,
    ]
    private static let recurrent: [Family] = [
        bamba, falconH1, falconMamba, graniteHybrid, jamba, lfm2, lfm2MoE, mamba, mamba2, nemotronH, qwen35, qwen3Next,
        rwkv4,
        rwkv5,
    ]
    private static let encoders: [Family] = [
        albert, deBERTaV2, distilBERT, electra, euroBERT, gte, jinaBERT, modernBERT, mpnet, nomicBERT, roberta,
        // Jina's, which has the same type, comes before it.
        bert,
    ]
}
