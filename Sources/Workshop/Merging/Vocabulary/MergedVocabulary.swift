import Checkpoints
import JSONValues
import OrderedCollections

/// The tokens of the result, and the rows that each model has for them.
struct MergedVocabulary: Sendable {
    /// The result's tokenizer.
    let file: TokenizerFile
    /// The rows of its embedding.
    let rows: Int
    private let settings: MergeConfiguration.Tokenizer
    /// Each model's row for each row of the result, -1 for none.
    private let permutations: [ModelReference: [Int32]]
    private let originals: [ModelReference: OrderedDictionary<String, Int>]
    private let path: String

    init?(_ configuration: MergeConfiguration, models: OrderedDictionary<ModelReference, MergeModel>) throws {
        guard let settings = configuration.tokenizer, let base = models.keys.first else { return nil }
        self.settings = settings
        path = configuration.path
        var files: OrderedDictionary<ModelReference, TokenizerFile> = [:]
        for (reference, model) in models { files[reference] = try TokenizerFile(folder: model.path) }
        guard var own = files[base] else {
            throw MergeError(
                path: models[base]?.path ?? "",
                reason: "there is no tokenizer.json, which a tokenizer of the result needs",
                remedy: "Save the tokenizer with transformers, which writes one")
        }
        try own.strip(from: models[base].map(Self.rowCount) ?? .max)
        files[base] = own
        originals = Dictionary(uniqueKeysWithValues: models.keys.map { ($0, (files[$0] ?? own).ids) })
        var file = own
        switch settings.source {
        case .base: break
        case .union: Self.unite(&file, files, models)
        case .model(let reference):
            guard models[reference] != nil, let other = files[reference] else {
                throw MergeError(
                    path: path, location: "tokenizer",
                    reason: "\(reference) is none of the models, or has no tokenizer.json",
                    remedy: "Name one of the models, base or union")
            }
            file = other
        }
        for token in settings.tokens { file.add(token.text) }
        let count = (file.ids.values.last ?? -1) + 1
        let multiple = settings.multiple ?? 1
        (self.file, rows) = (file, (count + multiple - 1) / multiple * multiple)
        var permutations: [ModelReference: [Int32]] = [:]
        for (reference, model) in models {
            let (limit, original) = (Self.rowCount(model), originals[reference] ?? [:])
            var rows = [Int32](repeating: -1, count: count)
            for (text, id) in file.ids {
                if let row = original[text], row < limit { rows[id] = Int32(row) }
            }
            permutations[reference] = rows
        }
        self.permutations = permutations
    }

    /// The rows that a model says it has for tokens.
    private static func rowCount(_ model: MergeModel) -> Int {
        let config = model.configuration.config
        let places = [config] + ConfigurationKeys.nested.compactMap { config[$0] }
        for place in places {
            for key in ConfigurationKeys.vocabulary {
                if let count = place[key]?.intValue { return count }
            }
        }
        return .max
    }

    /// Adds the tokens of all other models, plain ones first.
    private static func unite(
        _ file: inout TokenizerFile, _ files: OrderedDictionary<ModelReference, TokenizerFile>,
        _ models: OrderedDictionary<ModelReference, MergeModel>
    ) {
        let added = files.mapValues { Dictionary($0.addedTokens.map { ($0.text, $0.json) }, uniquingKeysWith: { $1 }) }
        for takesAdded in [false, true] {
            for (reference, other) in files {
                let limit = models[reference].map(rowCount) ?? .max
                for (text, id) in other.ids where id < limit {
                    let entry = added[reference]?[text]
                    let isAdded = entry != nil || (added.values.contains { $0[text] != nil } && !takesAdded)
                    if isAdded == takesAdded { file.add(text, as: entry) }
                }
            }
        }
    }

    /// The inputs of a tensor whose rows stand for tokens, each brought into the order of the result.
    func realigned(
        _ readers: [any TensorReader], models: [ModelReference], base: ModelReference?, name: String
    ) throws -> [any TensorReader] {
        let shapes = readers.map(\.shape)
        if let other = shapes.firstIndex(where: { $0.dropFirst() != shapes[0].dropFirst() || $0.isEmpty }) {
            throw MergeError(
                path: readers[other].place.path, location: "tensor \(name)",
                reason: "its shape is \(shapes[other]), that of another model \(shapes[0])",
                remedy: "Merge models of one width")
        }
        let common = try commonRows(models, shapes.map { $0[0] }, base: base)
        return try readers.indices.map { index in
            let own = permutations[models[index]] ?? []
            let sources = own.indices.map { row -> RealignedReader.Row in
                let isForced = common.forced.contains(row)
                if own[row] >= 0, Int(own[row]) < shapes[index][0], !isForced { return .input(index, Int(own[row])) }
                return common.rows[row] ?? .zero
            }
            return try RealignedReader(readers, place: index, sources: sources, rows: rows)
        }
    }

    /// What models without a token get, by the row of the result.
    private func commonRows(
        _ models: [ModelReference], _ counts: [Int], base: ModelReference?
    ) throws -> (rows: [Int: RealignedReader.Row], forced: Set<Int>) {
        let settings = Dictionary(self.settings.tokens.map { ($0.text, $0.token) }, uniquingKeysWith: { $1 })
        var (rows, forced): ([Int: RealignedReader.Row], Set<Int>) = ([:], [])
        for (text, id) in file.ids {
            let owners = models.indices.filter { permutations[models[$0]]?[id] ?? -1 >= 0 }
            func own(_ place: Int) -> RealignedReader.Row { .input(place, Int(permutations[models[place]]?[id] ?? 0)) }
            if let token = settings[text] {
                if token.isForced { forced.insert(id) }
                if token.isForced || owners.count < models.count {
                    rows[id] = try row(of: token, text, id, models, counts)
                }
            } else if owners.count < models.count, let first = owners.first {
                if let place = owners.first(where: { models[$0] == base }) {
                    rows[id] = own(place)
                } else {
                    rows[id] =
                        owners.count == 1
                        ? own(first) : .average(owners.map { ($0, Int(permutations[models[$0]]?[id] ?? 0)) })
                }
            }
        }
        return (rows, forced)
    }

    /// The row that the configuration gives to a token.
    private func row(
        of token: MergeConfiguration.Token, _ text: String, _ id: Int, _ models: [ModelReference], _ counts: [Int]
    ) throws -> RealignedReader.Row {
        func error(_ reason: String) -> MergeError { MergeError(path: path, location: "token \(text)", reason: reason) }
        func place(_ model: ModelReference) throws -> Int {
            guard let place = models.firstIndex(of: model) else {
                throw error("\(model) has no embedding that it could come from")
            }
            return place
        }
        switch token.embedding {
        case nil: throw error("no model has it, and it has no source")
        case .zero: return .zero
        case .model(let model):
            let place = try place(model)
            guard let row = permutations[model]?[id], row >= 0 else { throw error("\(model) has no such token") }
            return .input(place, Int(row))
        case .token(let model, let other):
            guard let row = originals[model]?[other] else { throw error("\(model) has no token \(other)") }
            return .input(try place(model), row)
        case .tokenID(let model, let row):
            let place = try place(model)
            guard row >= 0, row < counts[place] else {
                throw error("token_id \(row) is none of the \(counts[place]) of \(model)")
            }
            return .input(place, row)
        }
    }
}
