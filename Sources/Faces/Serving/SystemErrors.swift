#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The system's code for an address that another socket listens on.
let addressInUseCode = EADDRINUSE
