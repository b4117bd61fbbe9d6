import Testing

@testable import Merging

/// What is wrong with a configuration is told with its line, and what it says is understood as mergekit does.
@Suite struct ConfigurationTests {
    static let flaws: [(yaml: String, line: Int?, reason: String)] = [
        ("merge_method: liner\nmodels: [{model: a}]", 1, "there is no method liner. The nearest is linear."),
        ("models: [{model: a}]", 1, "there is no merge_method"),
        ("merge_method: linear\nmodelz: [{model: a}]", 2, "knows no key modelz. The nearest that it knows is models."),
        ("merge_method: linear", 1, "exactly one of models, slices and modules"),
        ("merge_method: linear\nmodels: [{model: a}]\nslices: []", 3, "exactly one of models, slices and modules"),
        ("merge_method: linear\nmodels: []", 2, "models is empty"),
        (
            "merge_method: linear\nmodels:\n- model: a\n  parameters:\n    wieght: 1", 5,
            "The nearest that it knows is weight"
        ),
        (
            "merge_method: linear\nmodels:\n- model: a\n  parameters:\n    weight: much", 5,
            "weight must be a number, not \"much\""
        ),
        (
            "merge_method: linear\nmodels:\n- model: a\n  parameters:\n    weight: [0, {value: 1}]", 5,
            "mixes values with filters"
        ),
        ("merge_method: linear\nmodels:\n- model: a\n- modl: b", 4, "The nearest that it knows is model"),
        ("merge_method: linear\nmodels:\n- model: a\n- model: a+b+c", 4, "is neither MODEL nor MODEL+ADAPTER"),
        ("merge_method: linear\nmodels: [{model: a}]\ndtype: float64", 3, "float64 is not read"),
        (
            "merge_method: linear\nmodels: [{model: a}]\nparameters:\n  normalize: maybe", 4,
            "normalize must be true or false"
        ),
        ("merge_method: linear\nmodels: [{model: a}]\nmodels: [{model: b}]", nil, "models"),
        ("merge_method: linear\nslices:\n- sources:\n  - model: a\n    layer_range: [3, 3]", 5, "has no layers"),
        (
            "merge_method: linear\nslices:\n- sources:\n  - {model: a, layer_range: [0, 2]}\n  - {model: b, layer_range: [0, 1]}",
            3, "must have as many layers each"
        ),
        ("merge_method: linear\nslices:\n- sources:\n  - model: a\n    layer_range: [0]", 5, "has two ends"),
        (
            "merge_method: linear\nmodels: [{model: a}]\ntokenizer_source: base\ntokenizer: {source: base}", 4,
            "exclude each other"
        ),
        (
            "merge_method: linear\nmodels: [{model: a}]\ntokenizer:\n  tokens:\n    x:\n      source: {kind: mean}", 6,
            "there is no kind mean"
        ),
        ("merge_method: [linear", nil, "this is not valid YAML"),
        ("", nil, "the file is empty"),
        ("[1, 2]", 1, "a merge must be a mapping of keys"),
    ]

    @Test(arguments: flaws.indices)
    func `flaws are told with their line`(index: Int) {
        let flaw = Self.flaws[index]
        let error = #expect(throws: MergeError.self, "\(flaw.yaml)") {
            try MergeConfiguration(text: flaw.yaml, path: "config.yml")
        }
        #expect(error?.description.contains(flaw.reason) == true, "\(error as Any)")
        if let line = flaw.line { #expect(error?.line == line, "\(error as Any)") }
    }

    @Test func `settings go by filter, then by layer`() throws {
        let yaml = """
            merge_method: slerp
            models: [{model: a}, {model: b}]
            base_model: a
            parameters:
              t:
                - filter: self_attn
                  value: [0, 0.5, 1]
                - filter: mlp
                  value: 1e-1
                - value: 0.25
            """
        let t = try #require(try MergeConfiguration(text: yaml, path: "config.yml").parameters["t"])
        #expect(t.value(for: "layers.0.self_attn.q", depth: 0) == 0)
        #expect(t.value(for: "layers.0.self_attn.q", depth: 0.25) == 0.25)
        #expect(t.value(for: "layers.0.self_attn.q", depth: 1) == 1)
        #expect(t.value(for: "layers.0.mlp.up", depth: 0.3) == 0.1)
        #expect(t.value(for: "norm", depth: 0) == 0.25)
        let only = try ParameterSetting(
            ConfigurationNode(yaml: "{filter: mlp, value: 3}", path: ""), name: "weight", kind: .number)
        #expect(only.value(for: "self_attn", depth: 0) == nil)
        let flags = try ParameterSetting(
            ConfigurationNode(yaml: "[false, true, no]", path: ""), name: "normalize", kind: .flag)
        #expect([0, 0.4, 0.5, 0.9, 1].map { flags.value(for: "", depth: $0) } == [0, 0, 1, 1, 0])
    }

    @Test func `models are written in every way that mergekit reads`() throws {
        let yaml = """
            merge_method: linear
            models:
            - model: org/name
            - model: a+b
            - model: {model: {path: c}, lora: d}
            - model: {model: e}
            """
        let models = try MergeConfiguration(text: yaml, path: "config.yml").models
        #expect(models.map(\.description) == ["org/name", "a+b", "c+d", "e"])
    }
}
