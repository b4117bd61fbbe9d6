// Seeds: Tests/ArchitecturesTests/Fixtures/families/*/config.json
// Seeds: Tests/ArchitecturesTests/Fixtures/encoders/*/config.json

@testable import Architectures
import JSONValues
import Tensors

/// Any config.json is a network whose cache and rotary frequencies can be laid out, or an error.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let config = try? JSON(parsing: bytes, source: "fuzz", acceptsNonFinite: true) else { return 0 }
    let configuration = Hyperparameters(source: .huggingFace(config), path: "fuzz")
    guard let family = try? Family.of(configuration), var spec = try? family.makeSpec(configuration) else { return 0 }
    precondition((1...Hyperparameters.largestCount).contains(spec.contextLength))
    check(spec)
    // The same settings as a user's own.
    if let scaling = config["rope_scaling"]?.text(), let rope = try? RotaryOverride(scaling),
        (try? rope.apply(to: &spec, path: "fuzz")) != nil
    {
        check(spec)
    }
    return 0
}

private func check(_ spec: NetworkSpec) {
    let layout = CacheLayout(layers: spec.cacheLayers, type: .f32)
    precondition(layout.byteCount(positions: spec.contextLength, step: 256) >= 0)
    for case .attention(let attention) in spec.layers.lazy.map(\.mixer).prefix(1) where attention.distanceBuckets > 0 {
        let heads = min(attention.shape.heads, 4)
        let places = DistanceBuckets(count: attention.distanceBuckets).places(heads: heads)
        precondition(places.allSatisfy { (0..<attention.distanceBuckets * heads).contains($0) })
    }
    for length in [1, 2049, spec.contextLength] {
        precondition(spec.canonicalLength(length) ?? .max >= length)
        precondition(spec.reservedLength(length) ?? .max >= length)
        guard let rotary = spec.layers.lazy.compactMap(\.mixer.rotary).first, rotary.dimensions < 1 << 16 else {
            continue
        }
        precondition(rotary.inverseFrequencies(length: length).count == rotary.dimensions / 2)
    }
}
