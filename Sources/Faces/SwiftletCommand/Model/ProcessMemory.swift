import Platform

/// The memory that this process takes without need.
enum ProcessMemory {
    /// Gives it back to the system: what the heap has free, and the pages of the program's and its libraries' code. Those
    /// still in use come back from the system's cache when they are touched.
    ///
    /// Starting touches far more code than running does: the linker and Swift's runtime walk through the tables of every
    /// library. Only what is never written is given back: code, and the tables in front of it.
    static func trim() {
        #if os(Linux)
            trimHeap()
            var tables: Range<UInt> = 0..<0
            for line in read("/proc/self/maps").split(separator: UInt8(ascii: "\n")) {
                guard let (range, kind) = mapping(line) else {
                    tables = 0..<0
                    continue
                }
                if kind == .code {
                    let start = tables.upperBound == range.lowerBound ? tables.lowerBound : range.lowerBound
                    _ = madvise(
                        UnsafeMutableRawPointer(bitPattern: start), Int(range.upperBound - start), MADV_DONTNEED)
                }
                tables = kind == .tables ? range : 0..<0
            }
        #endif
    }

    /// The bytes of memory that the process takes now; nil where the system does not tell.
    static var resident: Int? {
        #if os(Linux)
            // The second number is that of resident pages.
            let fields = read("/proc/self/statm").split(separator: UInt8(ascii: " "))
            guard fields.count > 1 else { return nil }
            return Int(String(decoding: fields[1], as: UTF8.self)).map { $0 * Int(getpagesize()) }
        #else
            return nil
        #endif
    }

    #if os(Linux)
        /// Calls glibc's `malloc_trim`, which its Swift module leaves out; other libraries have none.
        private static func trimHeap() {
            guard let function = dlsym(nil, "malloc_trim") else { return }
            _ = unsafeBitCast(function, to: (@convention(c) (Int) -> Int32).self)(0)
        }

        private enum Kind {
            case code, tables
        }

        /// The range of a line such as `7f00-7f80 r-xp 00001000 08:01 123  /lib/libc.so.6`, if it is constant.
        private static func mapping(_ line: ArraySlice<UInt8>) -> (range: Range<UInt>, kind: Kind)? {
            var rest = line
            guard let start = number(&rest), rest.popFirst() == UInt8(ascii: "-"), let end = number(&rest), start < end,
                rest.popFirst() == UInt8(ascii: " ")
            else { return nil }
            let rights = rest.prefix(5)
            rest = rest.dropFirst(5)
            guard let offset = number(&rest), rest.contains(UInt8(ascii: "/")) else { return nil }
            if rights.elementsEqual("r-xp ".utf8) { return (start..<end, .code) }
            return rights.elementsEqual("r--p ".utf8) && offset == 0 ? (start..<end, .tables) : nil
        }

        /// Takes a hexadecimal number off the beginning.
        private static func number(_ text: inout ArraySlice<UInt8>) -> UInt? {
            var (value, digits): (UInt, Int) = (0, 0)
            while let byte = text.first {
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt(byte - UInt8(ascii: "0"))
                case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt(byte - UInt8(ascii: "a") + 10)
                default: return digits > 0 ? value : nil
                }
                text.removeFirst()
                digits += 1
            }
            return nil
        }

        private static func read(_ path: String) -> [UInt8] {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return [] }
            defer { close(descriptor) }
            var content: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = Glibc.read(descriptor, &buffer, buffer.count)
                guard count > 0 else { return content }
                content += buffer[..<count]
            }
        }
    #endif
}
