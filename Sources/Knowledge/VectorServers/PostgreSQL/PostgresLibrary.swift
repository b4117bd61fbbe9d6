import Platform

/// The functions of libpq that a store needs. It is loaded with the first connection: nobody else needs it on the machine.
struct PostgresLibrary: Sendable {
    typealias Connection = OpaquePointer
    typealias Answer = OpaquePointer
    typealias Texts = UnsafePointer<UnsafePointer<CChar>?>

    let connect: @convention(c) (UnsafePointer<CChar>) -> Connection?
    let status: @convention(c) (Connection?) -> Int32
    let reset: @convention(c) (Connection?) -> Void
    let finish: @convention(c) (Connection?) -> Void
    let errorMessage: @convention(c) (Connection?) -> UnsafePointer<CChar>?
    /// Connection, command, number of parameters, their types, values, lengths, formats, the format of what comes.
    let execute:
        @convention(c) (
            Connection?, UnsafePointer<CChar>, Int32, UnsafeRawPointer?, Texts?, UnsafeRawPointer?, UnsafeRawPointer?,
            Int32
        ) -> Answer?
    let answerStatus: @convention(c) (Answer?) -> Int32
    let answerError: @convention(c) (Answer?, Int32) -> UnsafePointer<CChar>?
    let rows: @convention(c) (Answer?) -> Int32
    let columns: @convention(c) (Answer?) -> Int32
    let value: @convention(c) (Answer?, Int32, Int32) -> UnsafePointer<CChar>?
    let length: @convention(c) (Answer?, Int32, Int32) -> Int32
    let isNull: @convention(c) (Answer?, Int32, Int32) -> Int32
    let clear: @convention(c) (Answer?) -> Void
    let setNotices:
        @convention(c) (
            Connection?, @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?) -> Void,
            UnsafeMutableRawPointer?
        ) -> UnsafeRawPointer?

    /// The library; nil if the system has none.
    static let shared = PostgresLibrary()

    private init?() {
        #if canImport(Darwin)
            let names =
                ["libpq.5.dylib"] + ["/opt/homebrew/opt", "/usr/local/opt"].map { $0 + "/libpq/lib/libpq.5.dylib" }
        #else
            let names = ["libpq.so.5", "libpq.so"]
        #endif
        guard let library = names.lazy.compactMap({ dlopen($0, RTLD_NOW | RTLD_LOCAL) }).first else { return nil }
        struct Missing: Error {}
        func function<F>(_ name: String) throws(Missing) -> F {
            guard let symbol = dlsym(library, name) else { throw Missing() }
            return unsafeBitCast(symbol, to: F.self)
        }
        do throws(Missing) {
            connect = try function("PQconnectdb")
            status = try function("PQstatus")
            reset = try function("PQreset")
            finish = try function("PQfinish")
            errorMessage = try function("PQerrorMessage")
            execute = try function("PQexecParams")
            answerStatus = try function("PQresultStatus")
            answerError = try function("PQresultErrorField")
            rows = try function("PQntuples")
            columns = try function("PQnfields")
            value = try function("PQgetvalue")
            length = try function("PQgetlength")
            isNull = try function("PQgetisnull")
            clear = try function("PQclear")
            setNotices = try function("PQsetNoticeProcessor")
        } catch { return nil }
    }
}
