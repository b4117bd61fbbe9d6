extension Family {
    /// All families, in the order of their names.
    public static let all: [Family] = [llama, mistral, qwen2]
}
