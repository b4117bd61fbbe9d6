import Tensors

extension Family {
    /// CodeGen and CodeGen 2: GPT-J whose queries, values and keys lie in one tensor, a quarter of each after another
    /// (Nijkamp et al. 2022).
    static let codeGen = Family(
        name: "CodeGen", modelTypes: ["codegen"], tensorNames: codeGenNames, ignoredTensors: [".attn.causal_mask"]
    ) { configuration in
        var spec = try gptJ.makeSpec(configuration)
        // As many as the machines that the first ones were trained on.
        let quarters = 4
        try spec.updateAttention { _, attention in
            guard attention.shape.heads % quarters == 0 else {
                throw configuration.error(.heads, "is \(attention.shape.heads), which \(quarters) does not divide")
            }
            attention.fusedGroups = quarters
            attention.hasValuesBeforeKeys = true
        }
        return spec
    }

    private static let codeGenNames = gptJ.tensorNames.replacing([
        .query: .fused("h.{}.attn.qkv_proj", .grouped), .key: .fused("h.{}.attn.qkv_proj", .grouped),
        .value: .fused("h.{}.attn.qkv_proj", .grouped),
    ])
}
