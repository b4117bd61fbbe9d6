package import OrderedCollections

/// What a GGUF file is to hold: its keys, and its tensors, which are read when they are needed.
package struct GGUFContents: Sendable {
    /// The keys with their values.
    package var metadata: OrderedDictionary<String, GGUFValue>
    /// The tensors in the order of the file.
    package var tensors: [TensorRows]
    /// What should be said about the conversion, in sentences for people.
    package var notes: [String] = []

    /// Makes contents from what was put together.
    package init(metadata: OrderedDictionary<String, GGUFValue>, tensors: [TensorRows], notes: [String] = []) {
        (self.metadata, self.tensors, self.notes) = (metadata, tensors, notes)
    }

    /// What a GGUF file holds, shards put together.
    package init(_ checkpoint: Checkpoint, metadata own: GGUFMetadata) throws(CheckpointError) {
        metadata = [:]
        for key in own.keys where !key.hasPrefix("split.") { metadata[key] = try own.value(key) }
        tensors = checkpoint.tensors.values.map { TensorRows($0) }
    }

    /// The integer under a key of the model's architecture, such as `block_count`; nil if it is no integer.
    func int(_ key: String) -> Int? { metadata["\(architecture).\(key)"]?.json.intValue }

    /// `general.architecture`, empty if there is none.
    package var architecture: String { metadata["general.architecture"]?.json.stringValue ?? "" }
}
