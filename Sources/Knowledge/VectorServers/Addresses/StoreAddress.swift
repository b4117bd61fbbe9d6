public import Vectors

/// The address of a collection on a server: `postgres://user@host/database/collection`, `qdrant://host:6333/collection`,
/// `chroma://host:8000/collection`.
///
/// Passwords and keys are better left to `PGPASSWORD`, `QDRANT_API_KEY` and `CHROMA_API_KEY`. `qdrant+https` and `chroma+https`
/// are the encrypted ones; PostgreSQL's own parameters, such as `?sslmode=require`, follow the collection.
public struct StoreAddress: Sendable, Hashable, CustomStringConvertible {
    enum Kind: String, CaseIterable {
        case postgres, qdrant, chroma
    }

    let kind: Kind
    let isEncrypted: Bool
    /// User, password, host and port.
    let authority: String
    /// What comes before the collection: PostgreSQL's database, Chroma's tenant and database.
    let container: [String]
    /// The name of the collection.
    public let collection: String
    /// What follows a question mark, with it.
    let parameters: String

    /// Whether a text is the address of something on a server, and not the name of a collection on this machine.
    public static func isAddress(_ text: String) -> Bool { text.contains("://") }

    /// Reads an address.
    public init(_ text: String) throws(VectorError) {
        func refused(_ reason: String) -> VectorError { .invalidOption("\(Self.withoutSecrets(text)): \(reason).") }
        guard let end = text.firstRange(of: "://") else { throw refused("this is no address") }
        let scheme = text[..<end.lowerBound].lowercased().split(separator: "+", omittingEmptySubsequences: false)
        let names = ["postgresql": "postgres"]
        guard let name = scheme.first.map(String.init), let kind = Kind(rawValue: names[name] ?? name),
            scheme.count == 1 || scheme.count == 2 && scheme[1] == "https" && kind != .postgres
        else { throw refused("there are stores behind postgres://, qdrant:// and chroma://") }
        let rest = text[end.upperBound...]
        let place = rest.prefix { $0 != "?" }
        let parts = place.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        (self.kind, isEncrypted, parameters) = (kind, scheme.count == 2, String(rest[place.endIndex...]))
        authority = parts[0]
        container = Array(parts.dropFirst().dropLast())
        let form =
            switch kind {
            case .postgres: "postgres://USER@HOST/DATABASE/COLLECTION"
            case .qdrant: "qdrant://HOST:6333/COLLECTION"
            case .chroma: "chroma://HOST:8000/COLLECTION"
            }
        let depths = [Kind.postgres: [1], .qdrant: [0], .chroma: [0, 2]][kind] ?? []
        guard parts.count > 1, depths.contains(container.count), container.allSatisfy({ !$0.isEmpty }),
            kind == .postgres || !authority.isEmpty && parameters.isEmpty
        else { throw refused("an address is of the form \(form)") }
        collection = parts[parts.count - 1]
        guard Self.isName(collection) else {
            throw refused(
                "\"\(collection)\" cannot be the name of a collection: use 3 to 40 letters, digits, dots, dashes and underscores, "
                    + "letters or digits first and last, and no two dashes in a row")
        }
    }

    /// What names of collections all servers accept; two dashes part them from names of what belongs to one.
    static func isName(_ name: String) -> Bool {
        func isPlain(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: false
            }
        }
        let bytes = Array(name.utf8)
        guard (3...40).contains(bytes.count), isPlain(bytes[0]), isPlain(bytes[bytes.count - 1]) else { return false }
        return bytes.allSatisfy { isPlain($0) || "-_.".utf8.contains($0) } && !name.contains("--")
            && !name.contains("..")
    }

    /// The part of the authority before the host, without the sign between them.
    var credentials: String? {
        authority.lastIndex(of: "@").map { String(authority[..<$0]) }
    }

    /// The host, and the port if one is named.
    var host: String {
        authority.lastIndex(of: "@").map { String(authority[authority.index(after: $0)...]) } ?? authority
    }

    /// The address without passwords and keys.
    public var description: String {
        let scheme = kind.rawValue + (isEncrypted ? "+https" : "")
        let user = kind == .postgres ? credentials?.split(separator: ":").first.map { $0 + "@" } ?? "" : ""
        return "\(scheme)://" + ([user + host] + container + [collection]).joined(separator: "/")
    }

    private static func withoutSecrets(_ text: String) -> String {
        let place = text.prefix { $0 != "?" }
        guard let sign = place.lastIndex(of: "@"), let end = place.firstRange(of: "://") else { return String(place) }
        return place[..<end.upperBound] + "..." + place[sign...]
    }
}
