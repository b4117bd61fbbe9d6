import Checkpoints
import Quantization
import Tensors

extension FourBitMatrix {
    /// As AutoGPTQ and GPTQModel store it: words of eight columns [columns / 8, rows], zeros less one, the group of each column.
    static func gptq(_ layer: String, of tensor: TensorRows, groupSize: Int, _ made: SharedResult<FourBitMatrix>)
        -> [TensorSource]
    {
        let (rows, columns) = (tensor.rows, tensor.columns)
        let indices = (0..<columns).flatMap { column in
            withUnsafeBytes(of: Int32(column / groupSize).littleEndian) { Array($0) }
        }
        return [
            source("\(layer).qweight", .i32, [columns / 8, rows], made) { matrix in
                packed(words: columns / 8 * rows) { word, place in
                    matrix.codes[word % rows * columns + word / rows * 8 + place]
                }
            },
            source("\(layer).qzeros", .i32, [columns / groupSize, rows / 8], made) { matrix in
                packed(words: matrix.groups * rows / 8) { word, place in
                    let (group, row) = (word / (rows / 8), word % (rows / 8) * 8 + place)
                    return (matrix.ranges[row * matrix.groups + group].zero &- 1) & 15
                }
            },
            source("\(layer).scales", .f16, [columns / groupSize, rows], made, \.halfScales),
            TensorSource(name: "\(layer).g_idx", dataType: .i32, shape: [columns], bytes: indices),
        ]
    }

    /// As AutoAWQ stores it for its GEMM kernels: words of eight rows [columns, rows / 8], whose codes take turns.
    static func awq(_ layer: String, of tensor: TensorRows, groupSize: Int, _ made: SharedResult<FourBitMatrix>)
        -> [TensorSource]
    {
        let (rows, columns) = (tensor.rows, tensor.columns)
        let order = [0, 2, 4, 6, 1, 3, 5, 7]
        return [
            source("\(layer).qweight", .i32, [columns, rows / 8], made) { matrix in
                packed(words: columns * rows / 8) { word, place in
                    matrix.codes[(word % (rows / 8) * 8 + order[place]) * columns + word / (rows / 8)]
                }
            },
            source("\(layer).qzeros", .i32, [columns / groupSize, rows / 8], made) { matrix in
                packed(words: matrix.groups * rows / 8) { word, place in
                    matrix.ranges[(word % (rows / 8) * 8 + order[place]) * matrix.groups + word / (rows / 8)].zero
                }
            },
            source("\(layer).scales", .f16, [columns / groupSize, rows], made, \.halfScales),
        ]
    }

    private static func source(
        _ name: String, _ type: DataType, _ shape: [Int], _ made: SharedResult<FourBitMatrix>,
        _ bytes: @escaping @Sendable (FourBitMatrix) -> [UInt8]
    ) -> TensorSource {
        TensorSource(name: name, dataType: type, shape: shape) { (body) throws(CheckpointError) in
            try bytes(made.value()).withUnsafeBytes(body)
        }
    }
}
