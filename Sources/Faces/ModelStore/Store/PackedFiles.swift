import Essentials
import Files
import Platform

/// Files of packed weights: `models/NAME/weights.packed` for a model of the store, `packed/` for all others. Those of rounded
/// weights stand beside them.
///
/// They can be made again at any time, and are no part of a model's record. Beside them is an empty file `.wanted` for each model
/// that was run.
extension LocalStore {
    private static let fileNames = [false, true].map { "weights" + ending(isRounded: $0) }
    private static func ending(isRounded: Bool) -> String { isRounded ? "-bf16.packed" : ".packed" }
    private static let markerEnding = ".wanted"
    private var packedFolder: String { folder + "/packed" }

    /// Where the packed weights of the model at `path` belong, and whether that is a model of the store.
    ///
    /// - Parameter isRounded: whether they are those of weights that were rounded to bf16.
    public func packedFile(for path: String, isRounded: Bool = false) -> (path: String, isInStore: Bool) {
        func absolute(_ path: String) -> String {
            URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        }
        let (path, models) = (absolute(path), absolute(folder + "/models"))
        if path.hasPrefix(models + "/") {
            let name = path.dropFirst(models.count + 1).prefix { $0 != "/" }
            return ("\(models)/\(name)/weights\(Self.ending(isRounded: isRounded))", true)
        }
        let name = path.split(separator: "/").last ?? "model"
        let hash = SHA256.digest(of: path.utf8).prefix(16)
        return ("\(packedFolder)/\(name)-\(hash)\(Self.ending(isRounded: isRounded))", false)
    }

    /// Whether the model whose packed weights belong to `file` was run before. The first time leaves a mark, and no more:
    /// copying a large model is not worth it for one run.
    public func wantsPacked(_ file: String) -> Bool {
        if FileSystem.exists(file) || FileSystem.exists(file + Self.markerEnding) { return true }
        // Without a place for the mark there is none for the weights either.
        try? FileSystem.createFolder(FileSystem.parent(of: file))
        try? AtomicFile.write([], to: file + Self.markerEnding, isDurable: false)
        return false
    }

    /// Makes room for the packed weights of the model at `path`, which is not in the store, by removing those that were not
    /// used for the longest time: all together may take a tenth of what is free on the disk. False if there is not as much.
    public func makeRoomForPacked(of path: String, isRounded: Bool = false) -> Bool {
        let file = packedFile(for: path, isRounded: isRounded).path
        guard (try? makePackedFolder()) != nil else { return false }
        if utimes(file, nil) == 0 { return true }
        guard let size = Self.size(ofModelAt: path), let free = FileSystem.freeSpace(at: packedFolder),
            let names = try? FileSystem.names(in: packedFolder)
        else { return false }
        var others = names.filter { !$0.hasSuffix(Self.markerEnding) }.map { "\(packedFolder)/\($0)" }.sorted {
            FileSystem.changeTime(of: $0) ?? 0 < FileSystem.changeTime(of: $1) ?? 0
        }
        var total = others.reduce(0) { $0 + (FileSystem.size(of: $1) ?? 0) }
        let limit = (free + total) / 10
        guard size <= limit else { return false }
        while total + size > limit, !others.isEmpty {
            let oldest = others.removeFirst()
            total -= FileSystem.size(of: oldest) ?? 0
            guard (try? FileSystem.remove(oldest)) != nil else { return false }
        }
        return true
    }

    /// The bytes of a file, or of the files in a folder.
    private static func size(ofModelAt path: String) -> Int? {
        if let size = FileSystem.size(of: path) { return size }
        return (try? FileSystem.names(in: path))?.reduce(0) { $0 + (FileSystem.size(of: "\(path)/\($1)") ?? 0) }
    }

    /// Makes the folder for the packed weights of models that are not in the store.
    public func makePackedFolder() throws { try FileSystem.createFolder(packedFolder) }

    /// The bytes that a model's packed weights take; nil if there are none.
    public func packedSize(of name: ModelName) -> Int? {
        let sizes = Self.fileNames.compactMap { FileSystem.size(of: "\(folder(of: name))/\($0)") }
        return sizes.isEmpty ? nil : sizes.reduce(0, +)
    }

    /// Removes all packed weights; returns the bytes that were taken.
    public func removePacked() throws -> Int {
        var files =
            FileSystem.isFolder(packedFolder)
            ? try FileSystem.names(in: packedFolder).map { packedFolder + "/" + $0 } : []
        for model in try models().models {
            files += Self.fileNames.flatMap { [$0, $0 + ".partial", $0 + Self.markerEnding] }
                .map { "\(folder(of: model.name))/\($0)" }
        }
        var bytes = 0
        for file in files {
            bytes += FileSystem.size(of: file) ?? 0
            try FileSystem.remove(file)
        }
        return bytes
    }
}
