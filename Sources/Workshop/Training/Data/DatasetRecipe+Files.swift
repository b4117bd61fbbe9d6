import Files

extension DatasetRecipe {
    /// The files of the dataset, in the order of their names.
    ///
    /// - Parameter recipe: the recipe's file; paths are looked for in its folder first, then in the one the command runs in.
    func dataFiles(recipe: String) throws(TrainingError) -> [String] {
        let place = "\(recipe), line \(line)"
        var found: [String] = []
        for name in files.isEmpty ? [path] : files.map({ "\(path)/\($0)" }) {
            let name = FileSystem.expandingTilde(name)
            let places = name.hasPrefix("/") ? [name] : ["\(FileSystem.parent(of: recipe))/\(name)", name]
            guard let matches = places.lazy.compactMap({ try? Self.matches($0) }).first(where: { !$0.isEmpty }) else {
                throw TrainingError(
                    .data, at: place, "there are no data at \(name)",
                    remedy: "data are local files; download the dataset as JSON Lines and name its file or folder")
            }
            found += matches
        }
        return found
    }

    private static func matches(_ path: String) throws -> [String] {
        if FileSystem.isFile(path) { return [path] }
        if FileSystem.isFolder(path) {
            return try FileSystem.files(below: path).filter { DataFile.endings.contains(DataFile.ending(of: $0)) }
                .map { "\(path)/\($0)" }
        }
        let (folder, pattern) = (FileSystem.parent(of: path), FileSystem.name(of: path))
        guard pattern.contains("*"), FileSystem.isFolder(folder) else { return [] }
        return try FileSystem.names(in: folder).filter { matches(Array($0.utf8)[...], Array(pattern.utf8)[...]) }
            .map { "\(folder)/\($0)" }
    }

    /// Whether a name matches a pattern in which `*` stands for anything.
    private static func matches(_ name: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        if first == UInt8(ascii: "*") {
            return matches(name, pattern.dropFirst()) || (!name.isEmpty && matches(name.dropFirst(), pattern))
        }
        return name.first == first && matches(name.dropFirst(), pattern.dropFirst())
    }
}
