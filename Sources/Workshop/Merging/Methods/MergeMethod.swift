/// The ways to merge tensors, by mergekit's names.
package enum MergeMethod: String, Sendable, CaseIterable {
    case linear, slerp, nuslerp, multislerp, karcher, passthrough, nearswap, ram, sce, ties, della, breadcrumbs
    case taskArithmetic = "task_arithmetic"
    case dareTies = "dare_ties"
    case dareLinear = "dare_linear"
    case breadcrumbsTies = "breadcrumbs_ties"
    case dellaLinear = "della_linear"
    case modelStock = "model_stock"
    case arceeFusion = "arcee_fusion"
    case ramPlus = "ramplus_tl"

    /// What a method does with the base model.
    enum BasePolicy: Sendable {
        case required, optional, ignored
    }

    /// What becomes of a tensor that a model may lack, such as a bias, and that some of the models do lack.
    enum MissingPolicy: Sendable {
        /// The others are merged, if the method still has what it needs.
        case others
        /// The only model that has it gives it.
        case onlyOne
        /// The base gives it if nobody else has it.
        case onlyBase
        /// The base gives it if too few others have it; without the base it is left out.
        case baseOrNothing
    }

    /// One parameter of a method.
    struct Parameter: Sendable {
        /// Which values a tensor has of it.
        enum Scope: Sendable {
            /// One.
            case shared
            /// One for every model.
            case inputs
            /// One for every model but the base.
            case others
        }

        let name: String
        var kind = ParameterKind.number
        var scope = Scope.shared
        /// Nil if a configuration must give it.
        var standard: Double?
    }

    /// The number of models, the base included, that a tensor can be merged from.
    var inputCounts: ClosedRange<Int> {
        switch self {
        case .slerp, .arceeFusion, .nearswap: 2...2
        case .nuslerp: 2...3
        case .modelStock: 3...(.max)
        case .passthrough: 1...1
        default: 1...(.max)
        }
    }

    /// The number of models beside the base.
    var otherCounts: ClosedRange<Int> {
        switch self {
        case .nuslerp: 2...2
        case .multislerp: 1...(.max)
        default: 0...(.max)
        }
    }

    var basePolicy: BasePolicy {
        switch self {
        case .linear, .passthrough, .karcher: .ignored
        case .nuslerp, .multislerp: .optional
        default: .required
        }
    }

    var missingPolicy: MissingPolicy {
        switch self {
        case .slerp, .nuslerp, .arceeFusion: .onlyOne
        case .nearswap: .onlyBase
        case .modelStock: .baseOrNothing
        default: .others
        }
    }

    var parameters: [Parameter] {
        let weight = Parameter(name: "weight", scope: .others)
        switch self {
        case .linear:
            return [
                Parameter(name: "weight", scope: .inputs), Parameter(name: "normalize", kind: .flag, standard: 1),
            ]
        case .passthrough: return [Parameter(name: "scale", scope: .inputs, standard: 1)]
        case .slerp, .nearswap: return [Parameter(name: "t")]
        case .nuslerp:
            return [
                weight, Parameter(name: "nuslerp_row_wise", kind: .flag, standard: 0),
                Parameter(name: "nuslerp_flatten", kind: .flag, standard: 1),
            ]
        case .multislerp:
            return [
                weight, Parameter(name: "normalize_weights", kind: .flag, standard: 1),
                Parameter(name: "eps", standard: 1e-8),
            ]
        case .karcher:
            return [Parameter(name: "max_iter", kind: .whole, standard: 10), Parameter(name: "tol", standard: 1e-5)]
        case .modelStock: return [Parameter(name: "filter_wise", kind: .flag, standard: 0)]
        case .arceeFusion: return []
        case .sce:
            return [
                Parameter(name: "int8_mask", kind: .flag, standard: 0), Parameter(name: "select_topk", standard: 1),
            ]
        case .ram: return [Parameter(name: "epsilon", standard: 1e-5)]
        case .ramPlus:
            return [
                Parameter(name: "r", standard: 0.1), Parameter(name: "alpha", standard: 0.2),
                Parameter(name: "epsilon", standard: 1e-5),
            ]
        case .taskArithmetic, .ties, .dareTies, .dareLinear, .breadcrumbs, .breadcrumbsTies, .della, .dellaLinear:
            return taskVectorParameters
        }
    }

    private var taskVectorParameters: [Parameter] {
        var parameters = [
            Parameter(name: "int8_mask", kind: .flag, standard: 0),
            Parameter(name: "normalize", kind: .flag, standard: self == .ties || self == .della ? 1 : 0),
            Parameter(
                name: "rescale", kind: .flag,
                standard: [.dareTies, .dareLinear, .della, .dellaLinear].contains(self) ? 1 : 0),
            Parameter(name: "lambda", standard: 1), Parameter(name: "weight", scope: .others),
            Parameter(name: "density", scope: .others, standard: 1),
        ]
        switch self {
        case .breadcrumbs, .breadcrumbsTies: parameters.append(Parameter(name: "gamma", scope: .others, standard: 0.01))
        case .della, .dellaLinear: parameters.append(Parameter(name: "epsilon", scope: .others, standard: 0.15))
        default: break
        }
        return parameters
    }

    /// The kind of a parameter of any method; nil if no method has it.
    static func kind(ofParameter name: String) -> ParameterKind? {
        for method in allCases {
            if let parameter = method.parameters.first(where: { $0.name == name }) { return parameter.kind }
        }
        return nil
    }

    /// The names of all parameters of all methods.
    static let parameterNames: [String] = Set(allCases.flatMap { $0.parameters.map(\.name) }).sorted()
}
