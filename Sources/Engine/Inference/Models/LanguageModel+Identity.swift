import Checkpoints
import Tensors

extension LanguageModel {
    /// A sum over what the weights are and how they are computed with, from one start to the next: models that are alike in it have
    /// the same keys and values, and give the same answers.
    package var identity: UInt64 {
        identityOnce.withLock { known in
            if let known { return known }
            let sum = computeIdentity()
            known = sum
            return sum
        }
    }

    private func computeIdentity() -> UInt64 {
        var sum = Checksum()
        for (name, tensor) in checkpoint.tensors.sorted(by: { $0.key < $1.key }) {
            sum.add("\(name) \(tensor.dataType.name) \(tensor.shape)")
            // A few of its bytes: reading all of them takes as long as loading.
            tensor.withUnsafeBytes { bytes in
                sum.add(UnsafeRawBufferPointer(rebasing: bytes.prefix(64)))
                sum.add(UnsafeRawBufferPointer(rebasing: bytes.suffix(64)))
            }
        }
        if let adapter {
            sum.add(adapter.configuration.text())
            for module in adapter.modules.values {
                sum.add("\(module.weight) \(module.scale)")
                for tensor in [module.a, module.b, module.bias].compactMap(\.self) {
                    tensor.withUnsafeBytes { sum.add($0) }
                }
            }
            for (name, tensor) in adapter.replacements {
                sum.add(name)
                tensor.withUnsafeBytes { sum.add($0) }
            }
        }
        sum.add("\(cacheType.rawValue) \(spec) \(Kernels.best.name)")
        return sum.value
    }
}

extension Checksum {
    fileprivate mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
    }
}
