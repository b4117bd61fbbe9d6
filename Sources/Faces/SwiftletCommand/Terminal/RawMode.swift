import Platform
import Synchronization

/// Reads keys as they are typed, and gives the terminal back as it was, also when a signal ends the process.
enum RawMode {
    /// The terminal's settings before; signal handlers read them, so they are set once and stay.
    nonisolated(unsafe) private static var original = termios()
    private static let isReady = Atomic(false)

    /// Switches raw mode on; false if standard input is no terminal.
    static func enable() -> Bool {
        if !isReady.load(ordering: .acquiring) {
            guard tcgetattr(STDIN_FILENO, &original) == 0 else { return false }
            isReady.store(true, ordering: .releasing)
            for code in [SIGTERM, SIGHUP, SIGQUIT] {
                signal(code) { number in
                    RawMode.disable()
                    signal(number, SIG_DFL)
                    raise(number)
                }
            }
        }
        var settings = original
        settings.c_iflag &= ~tcflag_t(BRKINT | ICRNL | INPCK | ISTRIP | IXON)
        settings.c_cflag |= tcflag_t(CS8)
        settings.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN | ISIG)
        guard tcsetattr(STDIN_FILENO, TCSADRAIN, &settings) == 0 else { return false }
        Console.draw("\u{1B}[?2004h")
        return true
    }

    /// Restores the terminal.
    static func disable() {
        guard isReady.load(ordering: .acquiring) else { return }
        // No Console here: a signal handler must not allocate.
        let reset: StaticString = "\u{1B}[?2004l"
        _ = write(STDOUT_FILENO, reset.utf8Start, reset.utf8CodeUnitCount)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &original)
    }
}
