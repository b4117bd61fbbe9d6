import Files

/// A model's file that a command writes.
enum WrittenModel {
    /// Refuses to write over what the model is read from, and over any file but another model's.
    static func check(_ output: String, from model: String? = nil) throws {
        guard FileSystem.isFile(output) else { return }
        if let model, let source = FileSystem.realPath(model), source == FileSystem.realPath(output) {
            throw CommandError("\(output) is the model that is read; name another file to write")
        }
        guard try FileSystem.prefix(of: output, count: 4).elementsEqual("GGUF".utf8) else {
            throw CommandError("\(output) is there already and no GGUF file; name another file, or remove it")
        }
    }
}
