import Platform

/// The memory that this process can still have.
package enum MachineMemory {
    /// What an engine may take for keys and values where nobody says: half of what is free, and something in any case.
    ///
    /// - Parameter reserved: bytes of what is free that others may still take.
    package static func budget(besides reserved: Int = 0) -> Int { max((available - reserved) / 2, 64 << 20) }

    /// What is free on the machine, or less where a container or a control group allows less.
    package static var available: Int {
        #if os(Linux)
            let machine = field("MemAvailable:", in: "/proc/meminfo").map { $0 << 10 } ?? 1 << 30
            return min(machine, controlGroups(text("/proc/self/cgroup") ?? "").map(allowance).min() ?? .max)
        #else
            var (bytes, size) = (0, MemoryLayout<Int>.size)
            // Of memory that is in use for files most can be had at any time.
            guard sysctlbyname("hw.memsize", &bytes, &size, nil, 0) == 0 else { return 1 << 30 }
            return bytes / 2
        #endif
    }

    #if os(Linux)
        /// The folders of the control groups that this process is in, from the innermost outwards, as the lines of
        /// `/proc/self/cgroup` name them: `0::/a/b` of version 2, `4:memory:/a/b` of version 1.
        static func controlGroups(_ lines: String) -> [String] {
            lines.split(separator: "\n").flatMap { line -> [String] in
                let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
                guard parts.count == 3 else { return [] }
                let isMemory = parts[1].split(separator: ",").contains("memory")
                guard parts[1].isEmpty || isMemory else { return [] }
                let root = parts[1].isEmpty ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"
                var names = parts[2].split(separator: "/")
                var folders: [String] = []
                while !names.isEmpty {
                    folders.append(root + "/" + names.joined(separator: "/"))
                    names.removeLast()
                }
                // A container sees its own group as the root.
                return folders + [root]
            }
        }

        /// What a control group still allows; files in the cache count as free.
        static func allowance(_ folder: String) -> Int {
            func number(_ name: String) -> Int? {
                text(folder + "/" + name).flatMap { $0.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) } }
            }
            guard let limit = number("memory.max") ?? number("memory.limit_in_bytes"), limit < 1 << 60 else {
                return .max
            }
            let used = number("memory.current") ?? number("memory.usage_in_bytes") ?? 0
            let files = field("inactive_file ", in: folder + "/memory.stat") ?? 0
            return max(0, limit - max(0, used - files))
        }

        /// The number behind a name at the beginning of a line.
        private static func field(_ name: String, in path: String) -> Int? {
            text(path)?.split(separator: "\n").first { $0.hasPrefix(name) }
                .flatMap { $0.dropFirst(name.count).split(separator: " ").first.flatMap { Int($0) } }
        }

        private static func text(_ path: String) -> String? {
            guard let file = fopen(path, "re") else { return nil }
            defer { fclose(file) }
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = fread(&bytes, 1, bytes.count, file)
            return String(decoding: bytes[..<count], as: UTF8.self)
        }
    #endif
}
