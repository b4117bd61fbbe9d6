import Files
import Unpacking

/// Reads files, unpacking those that are packed with gzip.
enum GzipFile {
    private static let largestSize = 1 << 30

    /// The contents of the file at `path`.
    static func read(_ path: String) throws -> [UInt8] {
        let bytes = try FileSystem.contents(of: path, limit: largestSize)
        guard bytes.starts(with: [0x1F, 0x8B]) else { return bytes }
        do {
            return try Inflation.unpack(bytes, .gzip, limit: largestSize)
        } catch .tooLarge {
            throw CommandError("\(path) holds more than \(largestSize >> 20) MB; give it in parts")
        } catch {
            throw CommandError("\(path) is damaged: it cannot be unpacked; get it again")
        }
    }
}
