// Seeds: Tests/ArchitecturesTests/Fixtures/adapters/*/adapter_config.json

import Files

@testable import Checkpoints

/// Any adapter_config.json, and after a zero byte any safetensors, are an adapter whose every tensor can be read, or an error.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let end = bytes.firstIndex(of: 0) ?? bytes.count
    let configuration = MappedFile(contents: Array(bytes[..<end]), path: "adapter_config.json")
    guard var reader = try? LowRankAdapterReader(configuration: configuration) else { return 0 }
    // Without a file of its own: every module that the configuration names, of one rank and of the next.
    let weights = bytes.dropFirst(end + 1).isEmpty ? Array(synthetic) : Array(bytes[(end + 1)...])
    let file = MappedFile(contents: weights, path: "adapter_model.safetensors")
    guard let tensors = try? SafetensorsReader(file).tensors, (try? reader.add(tensors, path: "fuzz")) != nil else {
        return 0
    }
    for module in reader.modules.values {
        precondition(module.scale.isFinite && module.rank > 0)
        precondition((try? module.a.matrix().decoded().count) == module.a.elementCount)
        precondition((try? module.b.matrix().decoded().count) == module.b.elementCount)
        if let bias = module.bias { precondition(bias.shape == [module.b.shape[0]]) }
    }
    return 0
}

private let synthetic: [UInt8] = {
    var header =
        #"{"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight":{"dtype":"F32","shape":[4,2],"data_offsets":[0,32]},"#
    header +=
        #""base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight":{"dtype":"F32","shape":[2,4],"data_offsets":[32,64]},"#
    header +=
        #""base_model.model.lm_head.modules_to_save.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[64,80]}}"#
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    return length + Array(header.utf8) + [UInt8](repeating: 0, count: 80)
}()
