import ArgumentParser

/// An amount of memory as people write it: 800M, 6G, 512MiB; K, M, G and T are powers of 1024.
struct MemorySize: ExpressibleByArgument, Hashable {
    let bytes: Int

    init?(argument: String) {
        let number = argument.prefix { $0.isASCII && $0.isNumber }
        let unit = argument.dropFirst(number.count).lowercased()
        let letters = ["", "k", "m", "g", "t"]
        guard let count = Int(number), count > 0,
            let power = letters.firstIndex(where: { unit == $0 || unit == $0 + "b" || unit == $0 + "ib" })
        else { return nil }
        let (bytes, isHuge) = count.multipliedReportingOverflow(by: 1 << (10 * power))
        guard !isHuge else { return nil }
        self.bytes = bytes
    }
}
