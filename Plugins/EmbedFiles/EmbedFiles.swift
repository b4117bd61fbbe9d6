import Foundation
import PackagePlugin

/// Makes the files in a target's folders named `Assets` a part of the program, as `EmbeddedFiles.all`.
///
/// SwiftPM's own `.embedInCode` does so with arrays of numbers, for which the compiler takes a hundred times as long as for texts.
@main struct EmbedFiles: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let tool = try context.tool(named: "FileEmbedder").url
        let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedFiles.swift")
        let folder = target.directoryURL.appending(path: "WebPage/Assets")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
        return [
            .buildCommand(
                displayName: "Embedding \(paths.count) files in \(target.name)", executable: tool,
                arguments: [output.path, folder.path] + paths,
                inputFiles: paths.map { folder.appending(path: $0) }, outputFiles: [output])
        ]
    }
}
