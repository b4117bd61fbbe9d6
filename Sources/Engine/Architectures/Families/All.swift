extension Family {
    package static let all: [Family] = decoders + mixtures + recurrent + encoders + translators

    private static let decoders: [Family] = [
        apertus, arcee, baichuan, bitNet, bloom, chatGLM, codeGen, cohere, cohere2, deciLM, diffLlama, ernie45, exaone,
        exaone4, falcon, gemma, gemma2, gemma3, gemma3n, gemma4, glm,
        glm4,
        gpt2, gptBigCode, gptJ, gptNeo, gptNeoX, granite, helium, hunyuan, internLM2, internLM3, jais2, llama, miniCPM,
        miniCPM3, ministral,
        ministral3, mistral, mobileLLM,
        mpt,
        nanoChat, nemotron, olmo, olmo2, olmo3, opt, persimmon, phi, phi3, qwen, qwen2, qwen3, seedOSS, smolLM3,
        stableLM,
        starCoder2, vaultGemma, xglm, youtu,
    ]
    private static let mixtures: [Family] = [
        afmoe, dbrx, deepSeekV2, deepSeekV3, deepSeekV32, dots1, exaoneMoE, ernie45MoE, flexOLMo, glm4MoE, glm4MoELite,
        glm5, gptOSS,
        graniteMoE, grok, hunyuanMoE, jetMoE, kimiLinear, llama4, miMoV2, miniMax, miniMaxM2, mistral4,
        mixtral, olmoE, phiMoE, qwen2MoE, qwen3MoE, solarOpen,
    ]
    private static let recurrent: [Family] = [
        bamba, falconH1, falconMamba, graniteHybrid, jamba, lfm2, lfm2MoE, mamba, mamba2, nemotronH, olmoHybrid, qwen35,
        qwen3Next,
        rwkv4,
        rwkv5,
    ]
    /// Those that answer a source text which an encoder reads.
    private static let translators: [Family] = [bart, m2m100, marian, mbart, pegasus, t5, umt5]
    private static let encoders: [Family] = [
        albert, deBERTaV2, distilBERT, electra, euroBERT, gte, jinaBERT, modernBERT, mpnet, nomicBERT, roberta,
        // Jina's, which has the same type, comes before it.
        bert,
    ]
}
