/// Opens a model with the given options.
func loadModel(_ path: String, options: ModelOptions) async throws -> any TextModel {
    throw CommandError("\(path): this build reads no models")
}
