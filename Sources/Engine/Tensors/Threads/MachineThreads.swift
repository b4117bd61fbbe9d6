import Platform

extension ThreadPool {
    /// The number of threads that the machine runs at once for this process: its processors, as far as the process may
    /// use them and the container's share of their time allows.
    public static let machineThreads: Int = {
        let online = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        #if os(Linux)
            let allowed = allowedProcessors(firstLine("/proc/self/status", beginningWith: "Cpus_allowed:"))
            let share = wholeProcessors(firstLine("/sys/fs/cgroup/cpu.max"))
            return max(1, min(online, allowed ?? online, share ?? online))
        #else
            return max(1, online)
        #endif
    }()

    #if os(Linux)
        /// The processors in a line such as `Cpus_allowed:   ff,ffffffff`.
        static func allowedProcessors(_ line: String?) -> Int? {
            guard let mask = line?.split(separator: ":").last else { return nil }
            let count = mask.reduce(0) { $0 + ($1.hexDigitValue ?? 0).nonzeroBitCount }
            return count > 0 ? count : nil
        }

        /// What a limit such as `150000 100000`, microseconds of processor time in each period of time, amounts to in whole
        /// processors, rounded up; nil for `max`, no limit.
        static func wholeProcessors(_ line: String?) -> Int? {
            let numbers = line?.split(whereSeparator: \.isWhitespace).compactMap { Int($0) } ?? []
            guard numbers.count == 2, numbers[0] > 0, numbers[1] > 0 else { return nil }
            return (numbers[0] - 1) / numbers[1] + 1
        }

        private static func firstLine(_ path: String, beginningWith prefix: String = "") -> String? {
            guard let file = fopen(path, "re") else { return nil }
            defer { fclose(file) }
            var buffer = [CChar](repeating: 0, count: 4096)
            while fgets(&buffer, Int32(buffer.count), file) != nil {
                let line = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
                if line.hasPrefix(prefix) { return line }
            }
            return nil
        }
    #endif
}
