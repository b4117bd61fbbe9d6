import Tensors

// What calls stand for: the few that state dicts are made of.
extension PickleMachine {
    /// `('storage', torch.FloatStorage, key, location, count)`, and in old files a view, which is None.
    mutating func pushStorage() throws(CheckpointError) {
        guard case .sequence(let index) = try pop() else { throw failure("a persistent id is no tuple") }
        let parts = sequences[index]
        guard parts.count == 5 || parts.count == 6, case .string("storage") = parts[0],
            case .global(let type) = parts[1], case .string(let key) = parts[2], case .int(let count) = parts[4],
            count >= 0
        else { throw failure("a persistent id does not describe a storage") }
        if parts.count == 6 {
            guard case .none = parts[5] else {
                throw failure(
                    "the storage \(key) is a view of another", remedy: "Save the archive again with torch.save")
            }
        }
        switch type {
        case .storage(let dataType):
            storages.append(PickledStorage(key: key, dataType: dataType, elementCount: count))
        case .untypedStorage: storages.append(PickledStorage(key: key, dataType: nil, elementCount: count))
        default: throw failure("the storage \(key) is of the type \(type), which is none")
        }
        stack.append(.storage(storages.count - 1))
    }

    /// `function(*arguments)` or `class.__new__(class, *arguments)`.
    mutating func reduce() throws(CheckpointError) {
        let (arguments, function) = (try pop(), try pop())
        guard case .global(let global) = function, case .sequence(let index) = arguments else {
            throw failure("\(function.kind) is called with \(arguments.kind)")
        }
        let values = sequences[index]
        switch global {
        case .orderedDictionary: try pushOrderedDictionary(values)
        case .size where values.count == 1: stack.append(values[0])
        case .rebuildTensor: try pushTensor(values, typed: false)
        case .rebuildTypedTensor: try pushTensor(values, typed: true)
        case .rebuildParameter:
            guard case .tensor? = values.first else { throw failure("a parameter is no tensor") }
            stack.append(values[0])
        case .size, .storage, .untypedStorage, .dataType: throw failure("the name \(global) is called")
        }
    }

    /// A state that is set on an object: hooks and versions, which are not needed.
    mutating func build() throws(CheckpointError) {
        _ = try pop()
        switch try top() {
        case .dictionary, .tensor: return
        case let value: throw failure("a state is set on \(value.kind)")
        }
    }

    private mutating func pushOrderedDictionary(_ arguments: [PickleValue]) throws(CheckpointError) {
        var pairs: [(key: PickleValue, value: PickleValue)] = []
        if let items = arguments.first {
            guard arguments.count == 1, case .sequence(let index) = items else {
                throw failure("an ordered dictionary is made of \(items.kind)")
            }
            try countCopies(sequences[index].count)
            for item in sequences[index] {
                guard case .sequence(let pair) = item, sequences[pair].count == 2 else {
                    throw failure("an item of an ordered dictionary is no pair")
                }
                pairs.append((sequences[pair][0], sequences[pair][1]))
            }
        }
        pushDictionary(pairs)
    }

    /// `(storage, offset, size, stride, requires_grad, hooks[, data type])`; the oldest files end after the stride.
    private mutating func pushTensor(_ arguments: [PickleValue], typed: Bool) throws(CheckpointError) {
        guard arguments.count >= (typed ? 7 : 4), case .storage(let index) = arguments[0],
            case .int(let offset) = arguments[1], let shape = integers(arguments[2]),
            let strides = integers(arguments[3])
        else { throw failure("the arguments of a tensor are not a storage, an offset, a size and a stride") }
        let storage = storages[index]
        var type = storage.dataType
        if typed, case .global(.dataType(let named)) = arguments[6] { type = named }
        guard let type else { throw failure("the storage \(storage.key) has no data type") }
        try countCopies(shape.count)
        tensors.append(
            PickledTensor(storage: storage, dataType: type, offset: offset, shape: shape, strides: strides))
        stack.append(.tensor(tensors.count - 1))
    }

    private func integers(_ value: PickleValue) -> [Int]? {
        guard case .sequence(let index) = value, sequences[index].count <= Self.maximumDimensions else { return nil }
        var integers: [Int] = []
        for element in sequences[index] {
            guard case .int(let integer) = element else { return nil }
            integers.append(integer)
        }
        return integers
    }

    /// PyTorch's own limit.
    private static let maximumDimensions = 64
}
