#if !canImport(Darwin)
    import Platform

    /// The functions of libcurl that a request needs.
    ///
    /// It is loaded with the first request: it brings thirty libraries along, which every other command would have to start
    /// with too. `curl_easy_setopt` takes any number of arguments; on Linux, both on x86-64 and arm64, these are passed as
    /// those of other functions are.
    struct CurlLibrary: Sendable {
        typealias Handle = UnsafeMutableRawPointer
        typealias ReceiveBytes =
            @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int
        typealias Progress = @convention(c) (UnsafeMutableRawPointer?, Int64, Int64, Int64, Int64) -> Int32

        let makeHandle: @convention(c) () -> Handle?
        let closeHandle: @convention(c) (Handle) -> Void
        let perform: @convention(c) (Handle) -> Int32
        let explain: @convention(c) (Int32) -> UnsafePointer<CChar>?
        let setNumber: @convention(c) (Handle, Int32, Int) -> Int32
        let setPointer: @convention(c) (Handle, Int32, UnsafeRawPointer?) -> Int32
        let setReceiver: @convention(c) (Handle, Int32, ReceiveBytes) -> Int32
        let setProgress: @convention(c) (Handle, Int32, Progress) -> Int32
        let appendLine: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>) -> UnsafeMutableRawPointer?
        let freeLines: @convention(c) (UnsafeMutableRawPointer?) -> Void

        /// The library; nil if the system has none.
        static let shared = CurlLibrary()

        private init?() {
            let names = ["libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.so"]
            guard let library = names.lazy.compactMap({ dlopen($0, RTLD_NOW | RTLD_LOCAL) }).first,
                let initialize = dlsym(library, "curl_global_init"), let makeHandle = dlsym(library, "curl_easy_init"),
                let closeHandle = dlsym(library, "curl_easy_cleanup"),
                let perform = dlsym(library, "curl_easy_perform"),
                let explain = dlsym(library, "curl_easy_strerror"), let set = dlsym(library, "curl_easy_setopt"),
                let appendLine = dlsym(library, "curl_slist_append"),
                let freeLines = dlsym(library, "curl_slist_free_all")
            else { return nil }
            self.makeHandle = unsafeBitCast(makeHandle, to: (@convention(c) () -> Handle?).self)
            self.closeHandle = unsafeBitCast(closeHandle, to: (@convention(c) (Handle) -> Void).self)
            self.perform = unsafeBitCast(perform, to: (@convention(c) (Handle) -> Int32).self)
            self.explain = unsafeBitCast(explain, to: (@convention(c) (Int32) -> UnsafePointer<CChar>?).self)
            setNumber = unsafeBitCast(set, to: (@convention(c) (Handle, Int32, Int) -> Int32).self)
            setPointer = unsafeBitCast(set, to: (@convention(c) (Handle, Int32, UnsafeRawPointer?) -> Int32).self)
            setReceiver = unsafeBitCast(set, to: (@convention(c) (Handle, Int32, ReceiveBytes) -> Int32).self)
            setProgress = unsafeBitCast(set, to: (@convention(c) (Handle, Int32, Progress) -> Int32).self)
            self.appendLine = unsafeBitCast(
                appendLine,
                to: (@convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>) -> UnsafeMutableRawPointer?).self)
            self.freeLines = unsafeBitCast(freeLines, to: (@convention(c) (UnsafeMutableRawPointer?) -> Void).self)
            let everything = 3
            guard unsafeBitCast(initialize, to: (@convention(c) (Int) -> Int32).self)(everything) == 0 else {
                return nil
            }
        }
    }
#endif
