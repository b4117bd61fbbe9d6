import Platform

/// A thread of the operating system, for work that must not block Swift's own.
package enum NativeThread {
    private final class Body {
        let run: () -> Void
        init(_ run: sending @escaping () -> Void) { self.run = run }
    }

    /// Starts a detached thread that runs `body`; false if the system has none to give. What the body captures goes with it:
    /// the caller cannot use it any more unless it is `Sendable`.
    package static func start(_ body: sending @escaping () -> Void) -> Bool {
        let argument = Unmanaged.passRetained(Body(body))
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        let status = pthread_create(
            &thread, nil,
            { raw in
                let pointer: UnsafeMutableRawPointer? = raw
                if let pointer { Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run() }
                return nil
            }, argument.toOpaque())
        guard status == 0 else {
            argument.release()
            return false
        }
        #if canImport(Darwin)
            if let thread { pthread_detach(thread) }
        #else
            pthread_detach(thread)
        #endif
        return true
    }

    /// Gives this thread, as long as it lives, only what others leave of the processors.
    static func yieldToOthers() {
        #if canImport(Glibc)
            // On Linux the number 0 means the calling thread alone.
            setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
        #elseif canImport(Darwin)
            pthread_set_qos_class_self_np(QOS_CLASS_BACKGROUND, 0)
        #endif
    }

    /// Lets other threads run before this one goes on.
    static func yield() { sched_yield() }

    /// Lets this thread rest.
    static func sleep(milliseconds: UInt32) { usleep(1000 * milliseconds) }
}
