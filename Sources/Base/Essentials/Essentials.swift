// Foundation's essentials: on Linux without ICU and all that comes with it, which costs every start time and memory. Apart from
// `Platform`, since what imports neither needs neither.
#if canImport(FoundationEssentials)
    @_exported import FoundationEssentials
#else
    @_exported import Foundation
#endif
