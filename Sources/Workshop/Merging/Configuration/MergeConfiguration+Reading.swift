import Essentials
import Files
package import Tensors

extension MergeConfiguration {
    /// Reads a file.
    ///
    /// - Throws: `MergeError` with the line, for keys, methods and parameters that do not exist too.
    package init(path: String) throws(MergeError) { try self.init(text: Self.text(of: path), path: path) }

    /// The text of a file.
    package static func text(of path: String) throws(MergeError) -> String {
        let bytes: [UInt8]
        do throws(FileError) { bytes = try FileSystem.contents(of: path) } catch {
            throw MergeError(path: path, reason: "cannot \(error.operation) it (\(error.reason))", remedy: error.remedy)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw MergeError(path: path, reason: "this is no text in UTF-8")
        }
        return text
    }

    /// Reads a text; `path` names it in errors.
    package init(text: String, path: String) throws(MergeError) {
        let node = try ConfigurationNode(yaml: text, path: path)
        let known = [
            "merge_method", "models", "slices", "modules", "base_model", "parameters", "dtype", "out_dtype",
            "tokenizer_source", "tokenizer", "chat_template",
        ]
        let members = try node.members("a merge", known: known)
        func member(_ key: String) -> ConfigurationNode? { members.first { $0.key == key }?.value }
        guard let name = member("merge_method") else {
            throw node.error("there is no merge_method", remedy: "Add one, such as merge_method: linear")
        }
        let method = try Self.method(name)
        let targets = ["models", "slices", "modules"].compactMap { key in member(key).map { (key, $0) } }
        guard targets.count == 1, let (key, value) = targets.first else {
            throw (targets.last?.1 ?? node).error("exactly one of models, slices and modules must be given")
        }
        self.init(path: path, text: text, method: method, target: .whole(.models([])))
        target = key == "modules" ? .modules(try Self.modules(value)) : .whole(try Self.source(key, value))
        base = try member("base_model").map { (node) throws(MergeError) in try ModelReference(node) }
        parameters = try member("parameters").map(Self.parameters) ?? [:]
        dataType = try member("dtype").map(Self.dataType)
        outputType = try member("out_dtype").map(Self.dataType)
        chatTemplate = try member("chat_template")?.string("chat_template")
        if let node = member("tokenizer_source") {
            if let other = member("tokenizer") {
                throw other.error("tokenizer and tokenizer_source exclude each other")
            }
            tokenizer = Tokenizer(source: try Self.tokenizerSource(node))
        } else {
            tokenizer = try member("tokenizer").map(Self.tokenizer)
        }
    }

    private static func method(_ node: ConfigurationNode) throws(MergeError) -> MergeMethod {
        let name = try node.string("merge_method")
        if let method = MergeMethod(rawValue: name) { return method }
        let names = MergeMethod.allCases.map(\.rawValue)
        throw node.error(
            "there is no method \(name)",
            remedy: Spelling.nearest(to: name, among: names).map { "The nearest is \($0)" }
                ?? "There are \(names.joined(separator: ", "))")
    }

    private static func source(_ key: String, _ node: ConfigurationNode) throws(MergeError) -> Source {
        let elements = try node.elements(key)
        guard !elements.isEmpty else { throw node.error("\(key) is empty") }
        if key == "models" { return .models(try elements.map(inputModel)) }
        return .slices(try elements.map(outputSlice))
    }

    private static func modules(_ node: ConfigurationNode) throws(MergeError) -> [(name: String, module: Module)] {
        try node.members("modules").map { (name, node) throws(MergeError) in
            var (sources, settings): ([Source], ParameterSettings) = ([], [:])
            for (key, value) in try node.members("a module", known: ["models", "slices", "parameters"]) {
                if key == "parameters" {
                    settings = try parameters(value)
                } else {
                    sources.append(try source(key, value))
                }
            }
            guard sources.count == 1 else { throw node.error("exactly one of models and slices must be given") }
            return (name, Module(source: sources[0], parameters: settings))
        }
    }

    private static func inputModel(_ node: ConfigurationNode) throws(MergeError) -> InputModel {
        var (model, settings): (ModelReference?, ParameterSettings) = (nil, [:])
        for (key, value) in try node.members("a model", known: ["model", "parameters"]) {
            if key == "model" { model = try ModelReference(value) } else { settings = try parameters(value) }
        }
        guard let model else { throw node.error("a model has no key model") }
        return InputModel(model: model, parameters: settings)
    }

    private static func outputSlice(_ node: ConfigurationNode) throws(MergeError) -> OutputSlice {
        var slice = OutputSlice(sources: [])
        let known = ["sources", "base_model", "residual_weight", "parameters"]
        for (key, value) in try node.members("a slice", known: known) {
            switch key {
            case "sources": slice.sources = try value.elements(key).map(inputSlice)
            case "base_model": slice.base = try ModelReference(value)
            case "parameters": slice.parameters = try parameters(value)
            default: throw value.error("residual_weight has no effect in any method", remedy: "Remove it")
            }
        }
        guard let first = slice.sources.first else { throw node.error("a slice has no sources") }
        for source in slice.sources where source.layers.count != first.layers.count {
            throw node.error(
                "the sources of a slice must have as many layers each, not \(first.layers.count) (\(first.layers)) and "
                    + "\(source.layers.count) (\(source.layers))")
        }
        return slice
    }

    private static func inputSlice(_ node: ConfigurationNode) throws(MergeError) -> InputSlice {
        var (model, layers, settings): (ModelReference?, Range<Int>?, ParameterSettings) = (nil, nil, [:])
        for (key, value) in try node.members("a source", known: ["model", "layer_range", "parameters"]) {
            switch key {
            case "model": model = try ModelReference(value)
            case "parameters": settings = try parameters(value)
            default:
                let ends = try value.elements(key)
                guard ends.count == 2 else { throw value.error("layer_range has two ends, not \(ends.count)") }
                let (first, end) = (try ends[0].integer(key), try ends[1].integer(key))
                guard first >= 0, first < end else {
                    throw value.error(
                        "layer_range [\(first), \(end)] has no layers",
                        remedy: "It goes from the first layer, counted from 0, to the one after the last")
                }
                layers = first..<end
            }
        }
        guard let model, let layers else { throw node.error("a source needs model and layer_range") }
        return InputSlice(model: model, layers: layers, parameters: settings)
    }

    static func parameters(_ node: ConfigurationNode) throws(MergeError) -> ParameterSettings {
        var settings: ParameterSettings = [:]
        for (name, value) in try node.members("parameters", known: MergeMethod.parameterNames) {
            settings[name] = try ParameterSetting(
                value, name: name, kind: MergeMethod.kind(ofParameter: name) ?? .number)
        }
        return settings
    }

    static func dataType(_ node: ConfigurationNode) throws(MergeError) -> DataType {
        var name = try node.string("dtype")
        if name.hasPrefix("torch.") { name.removeFirst("torch.".count) }
        guard let type = floatType(named: name) else {
            throw node.error("\(name) is not read", remedy: "Choose float32, float16 or bfloat16")
        }
        return type
    }

    /// The type that tensors are stored as, by PyTorch's name.
    package static func floatType(named name: String) -> DataType? {
        DataType(pyTorchName: name).flatMap { DataType.plainTypes.contains($0) ? $0 : nil }
    }
}
