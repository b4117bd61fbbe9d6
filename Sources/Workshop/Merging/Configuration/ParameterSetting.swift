/// What a configuration says about one parameter: a value, values that layers go through, or several with filters.
indirect enum ParameterSetting: Sendable, Hashable {
    /// One value; Booleans are 0 and 1.
    case value(Double)
    /// Values along the layers, interpolated between, or in steps for Booleans.
    case gradient([Double], isStepped: Bool)
    /// The first whose filter is in the tensor's name counts; no filter matches all.
    case filtered([(filter: String?, setting: ParameterSetting)])

    static func == (a: ParameterSetting, b: ParameterSetting) -> Bool { "\(a)" == "\(b)" }
    func hash(into hasher: inout Hasher) { hasher.combine("\(self)") }

    /// The value for a tensor at `depth`, from 0 in the first layer to 1 in the last; nil if no filter matches.
    func value(for tensor: String, depth: Double) -> Double? {
        switch self {
        case .value(let value): return value
        case .gradient(let values, let isStepped):
            guard let last = values.indices.last else { return nil }
            let place = depth * Double(last)
            let lower = min(last, max(0, Int(place)))
            if isStepped { return values[lower] }
            let share = place - Double(lower)
            return (1 - share) * values[lower] + share * values[min(last, lower + 1)]
        case .filtered(let settings):
            for (filter, setting) in settings where filter == nil || filter == "*" || tensor.contains(filter ?? "") {
                return setting.value(for: tensor, depth: depth)
            }
            return nil
        }
    }

    /// Reads the setting of a parameter of a kind.
    init(_ node: ConfigurationNode, name: String, kind: ParameterKind) throws(MergeError) {
        if node.isMapping {
            self = .filtered([try Self.filtered(node, name, kind)])
        } else if node.isList {
            let elements = try node.elements(name)
            if elements.contains(where: \.isMapping) {
                self = .filtered(
                    try elements.map { (element) throws(MergeError) in try Self.filtered(element, name, kind) })
            } else {
                let values = try elements.map { (element) throws(MergeError) in try kind.value(element, name: name) }
                self = .gradient(values, isStepped: kind == .flag)
            }
        } else {
            self = .value(try kind.value(node, name: name))
        }
    }

    private static func filtered(
        _ node: ConfigurationNode, _ name: String, _ kind: ParameterKind
    ) throws(MergeError) -> (String?, ParameterSetting) {
        guard node.isMapping else {
            throw node.error("\(name) mixes values with filters", remedy: "Write the last one as value: \(node.kind)")
        }
        var (filter, setting): (String?, ParameterSetting?)
        for (key, value) in try node.members("a setting of \(name)", known: ["value", "filter"]) {
            if key == "filter" {
                filter = try value.string("filter")
            } else if value.isMapping {
                throw value.error("value must be a number, a Boolean or a list of them")
            } else {
                setting = try ParameterSetting(value, name: name, kind: kind)
            }
        }
        guard let setting else { throw node.error("a setting of \(name) has no value") }
        return (filter, setting)
    }
}

/// What values a parameter takes.
enum ParameterKind: Sendable {
    case number, whole, flag

    func value(_ node: ConfigurationNode, name: String) throws(MergeError) -> Double {
        switch self {
        case .number:
            if let number = node.number ?? node.flag.map({ $0 ? 1 : 0 }) { return number }
            throw node.error("\(name) must be a number, not \(node.kind)")
        case .whole:
            if let number = node.number, number == number.rounded(), abs(number) < 1e15 { return number }
            throw node.error("\(name) must be a whole number, not \(node.kind)")
        case .flag:
            if let flag = node.flag { return flag ? 1 : 0 }
            if let number = node.number, number == 0 || number == 1 { return number }
            throw node.error("\(name) must be true or false, not \(node.kind)")
        }
    }
}

/// Settings of parameters by name.
typealias ParameterSettings = [String: ParameterSetting]
