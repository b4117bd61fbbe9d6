import Files
public import JSONValues

extension FlowFile {
    /// The most nodes that a flow may have.
    static let maximumNodes = 10_000

    /// Reads a file that Flowise exported.
    public init(path: String) throws {
        let bytes = try FileSystem.contents(of: path)
        try self.init(JSON(parsing: bytes, source: path), source: path)
    }

    /// Reads the value of such a file; `source` names it in errors.
    public init(_ value: JSON, source: String) throws {
        var value = value
        // A flow as Flowise's own store and API have it.
        if let text = value["flowData"]?.stringValue {
            value = try JSON(parsing: text, source: source + ", flowData")
        }
        guard let nodes = value["nodes"]?.arrayValue else {
            throw FlowError(
                source, "has no list of nodes, as flows that Flowise exports have",
                remedy: "export one by its menu: Export Chatflow or Export Agents")
        }
        guard nodes.count <= Self.maximumNodes else {
            throw FlowError(source, "has \(nodes.count) nodes, more than the \(Self.maximumNodes) that are read")
        }
        self.source = source
        self.summary = value["description"]?.stringValue ?? ""
        self.nodes = try nodes.enumerated().map { number, node in
            try FlowNode(node, place: "\(source), node \(number + 1)")
        }
        self.edges = try (value["edges"]?.arrayValue ?? []).enumerated().map { number, edge in
            try FlowEdge(edge, place: "\(source), edge \(number + 1)")
        }
    }
}

extension FlowNode {
    init(_ value: JSON, place: String) throws(FlowError) {
        guard let id = value["id"]?.stringValue, !id.isEmpty else { throw FlowError(place, "has no id") }
        let data = value["data"]
        guard let name = data?["name"]?.stringValue ?? value["type"]?.stringValue else {
            throw FlowError("\(place) (\(id))", "does not say what kind of node it is (data.name)")
        }
        self.id = id
        self.name = name
        label = data?["label"]?.stringValue ?? id
        inputs = data?["inputs"]?.objectValue ?? [:]
        outputs = data?["outputs"]?.objectValue ?? [:]
        parent = value["parentNode"]?.stringValue
    }
}

extension FlowEdge {
    init(_ value: JSON, place: String) throws(FlowError) {
        guard let source = value["source"]?.stringValue, let target = value["target"]?.stringValue else {
            throw FlowError(place, "does not say from which node to which it goes (source, target)")
        }
        (self.source, self.target) = (source, target)
        sourceHandle = value["sourceHandle"]?.stringValue ?? ""
        targetHandle = value["targetHandle"]?.stringValue ?? ""
    }
}
