import ArgumentParser

/// How many threads a command computes with.
struct ThreadOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "Threads to compute with, no more than there are cores; otherwise one per core.")
    var threads: Int?

    func validate() throws {
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads wants a number from 1 to 1024, not \(threads)")
        }
    }
}
