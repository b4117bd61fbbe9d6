import Foundation

/// The memory that this process takes without need.
enum ProcessMemory {
    /// Gives it back to the system: the unchanged pages of the program and its libraries. Those still in use come back
    /// from the system's cache when they are touched.
    ///
    /// Starting touches far more code than running does: the linker and Swift's runtime walk through the tables of every
    /// library.
    static func trim() {
        #if os(Linux)
            guard let descriptions = read("/proc/self/smaps") else { return }
            var mapping: (range: Range<UInt>, isCode: Bool)?
            for line in descriptions.split(separator: UInt8(ascii: "\n")) {
                if line.starts(with: "Anonymous:".utf8) {
                    // Pages that were written since they were mapped (relocations, breakpoints) are only in memory.
                    let isUnchanged = line.allSatisfy { !(UInt8(ascii: "1")...UInt8(ascii: "9")).contains($0) }
                    if let mapping, mapping.isCode, isUnchanged {
                        _ = madvise(
                            UnsafeMutableRawPointer(bitPattern: mapping.range.lowerBound), mapping.range.count,
                            MADV_DONTNEED)
                    }
                } else if let description = Self.mapping(line) {
                    mapping = description
                }
            }
        #endif
    }

    #if os(Linux)
        /// The mapping that a line such as `7f00-7f80 r-xp 00000000 08:01 123  /lib/libc.so.6` begins to describe.
        private static func mapping(_ line: ArraySlice<UInt8>) -> (range: Range<UInt>, isCode: Bool)? {
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
            guard fields.count == 6 else { return nil }
            let bounds = fields[0].split(separator: UInt8(ascii: "-")).compactMap {
                UInt(String(decoding: $0, as: UTF8.self), radix: 16)
            }
            guard bounds.count == 2, bounds[0] < bounds[1] else { return nil }
            let isPrivate = fields[1].starts(with: "r-".utf8) && fields[1].last == UInt8(ascii: "p")
            return (bounds[0]..<bounds[1], isPrivate && fields[5].contains(UInt8(ascii: "/")))
        }

        private static func read(_ path: String) -> [UInt8]? {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return nil }
            defer { close(descriptor) }
            var content: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = Glibc.read(descriptor, &buffer, buffer.count)
                guard count > 0 else { return count == 0 ? content : nil }
                content += buffer[..<count]
            }
        }
    #endif
}
