import Essentials
import Files
import JSONValues
import Platform
import Subprocess

/// Runs programs that models wrote: in namespaces of their own, without network, with a file system of system folders that cannot
/// be written and an empty `/tmp`, and with limits. Where the system has no namespaces, nothing is run.
public struct Sandbox: Sendable {
    /// Seconds that a program may take.
    public var maximumSeconds = 10.0
    /// The most memory in bytes.
    public var maximumMemory = 1 << 30
    /// The most bytes of what it writes.
    public var maximumOutput = 1 << 20

    private enum Kind: Sendable { case bubblewrap, unshare }
    private var kind = Kind.bubblewrap

    /// Finds out how programs can be kept apart here.
    ///
    /// - Throws: `ToolError.failed` if they cannot.
    public init() async throws {
        for kind in [Kind.bubblewrap, .unshare] {
            self.kind = kind
            if let result = try? await execute(["/bin/sh", "-c", "echo ready"], input: ""), result.output == "ready\n" {
                return
            }
        }
        throw ToolError.failed(
            tool: "sandbox",
            reason: "programs cannot be kept apart on this machine; install bubblewrap, or allow user namespaces")
    }

    /// What a program wrote, and how it ended.
    public struct Result: Sendable, Hashable {
        /// What it wrote, errors included.
        public var output: String
        /// Its status; 0 is success.
        public var status: Int
    }

    /// Runs a Python program.
    public func python(_ program: String) async throws -> Result {
        try await execute(["/usr/bin/python3", "-I", "-"], input: program)
    }

    /// Runs a shell script.
    public func shell(_ script: String) async throws -> Result { try await execute(["/bin/sh", "-s"], input: script) }

    /// The tools `python` and `shell`.
    public var tools: [AgentTool] {
        func make(
            _ name: String, _ description: String, _ run: @escaping @Sendable (String) async throws -> Result
        ) -> AgentTool {
            AgentTool(
                name, description,
                parameters: [
                    "type": "object", "properties": ["code": ["type": "string"]], "required": ["code"],
                    "additionalProperties": false,
                ]
            ) { arguments in
                guard let code = arguments["code"]?.stringValue ?? arguments["input"]?.stringValue else {
                    throw ToolError.arguments(tool: name, reason: "code is missing")
                }
                let result = try await run(code)
                return result.status == 0 ? result.output : "\(result.output)\n(status \(result.status))"
            }
        }
        return [
            make("python", "Runs a Python program in a sandbox and gives what it prints.", python),
            make("shell", "Runs a shell script in a sandbox and gives what it prints.", shell),
        ]
    }

    private func execute(_ command: [String], input: String) async throws -> Result {
        let arguments: [String]
        let program: String
        switch kind {
        case .bubblewrap: (program, arguments) = ("bwrap", Self.bubblewrap + ["--"] + limited(command))
        case .unshare:
            (program, arguments) = (
                "unshare",
                [
                    "--user", "--map-root-user", "--mount", "--net", "--ipc", "--uts", "--pid", "--fork",
                    "--kill-child",
                    "/bin/sh", "-c", Self.makeRoot, "sandbox",
                ] + limited(command)
            )
        }
        let (limit, seconds) = (maximumOutput, maximumSeconds)
        return try await withThrowingTaskGroup(of: Result.self) { group in
            group.addTask {
                do {
                    let result = try await run(
                        .name(program), arguments: Arguments(arguments),
                        environment: .custom([
                            "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/tmp", "LANG": "C.UTF-8",
                        ]),
                        input: .string(input), output: .string(limit: limit), error: .combinedWithOutput)
                    return Result(
                        output: result.standardOutput, status: Self.status(result.terminationStatus))
                } catch let error as SubprocessError {
                    throw ToolError.failed(tool: "sandbox", reason: "the program cannot be run: \(error)")
                }
            }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                throw ToolError.failed(tool: "sandbox", reason: "the program takes more than \(seconds) s")
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() else { throw CancellationError() }
            return result
        }
    }

    private static func status(_ status: TerminationStatus) -> Int {
        switch status {
        case .exited(let code): Int(code)
        case .signaled(let code): 128 + Int(code)
        }
    }

    /// The command with limits of processor time, memory and file size.
    private func limited(_ command: [String]) -> [String] {
        // A shell may take one limit at a time only.
        let limits =
            [
                ("t", Int(maximumSeconds.rounded(.up))), ("v", maximumMemory >> 10), ("f", maximumOutput >> 9),
                ("c", 0),
            ].map { "ulimit -\($0.0) \($0.1) && " }.joined() + "exec \"$@\""
        return ["/bin/sh", "-c", limits, "sandbox"] + command
    }

    private static let bubblewrap = [
        "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--ro-bind", "/usr", "/usr",
        "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--symlink",
        "usr/sbin", "/sbin", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--chdir", "/tmp",
    ]

    /// Makes a root of system folders in memory, enters it, gives up every capability, and starts what is asked for.
    private static let makeRoot = """
        set -e
        root=/mnt
        mount --make-rprivate /
        mount -t tmpfs -o size=64m,mode=755 tmpfs $root
        for folder in usr bin sbin lib lib64; do
            if [ -L /$folder ]; then cp -P /$folder $root/$folder
            elif [ -d /$folder ]; then
                mkdir $root/$folder
                mount --rbind /$folder $root/$folder
                mount -o remount,bind,ro,nosuid,nodev $root/$folder
            fi
        done
        mkdir -p $root/proc $root/dev $root/tmp $root/old
        for file in null zero urandom; do
            touch $root/dev/$file
            mount --bind /dev/$file $root/dev/$file
        done
        mount -t proc -o nosuid,nodev,noexec proc $root/proc
        cd $root
        pivot_root . old
        umount -l /old
        rmdir /old
        mount -o remount,ro /
        mount -t tmpfs -o size=64m,nosuid,nodev tmpfs /tmp
        cd /tmp
        exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
        """
}
