public import JSONValues
public import OrderedCollections
import Platform
import Synchronization

/// One step of a run: what it was, when, and within what.
public struct TraceSpan: Sendable, Hashable {
    /// A number that no other span of the trace has.
    public typealias ID = UInt64

    /// Its number.
    public var id: ID
    /// The span that it stands in.
    public var parent: ID?
    /// What it was.
    public var name: String
    /// When it began, in nanoseconds since 1970.
    public var start: UInt64
    /// When it ended; nil while it runs.
    public var end: UInt64?
    /// What belongs to it: rendered prompts, arguments, results, tokens.
    public var attributes: JSON.Object
    /// Why it failed.
    public var failure: String?
}

/// The spans of a run, every rendered prompt and call among them, to be looked at or sent to a collector.
///
/// ```swift
/// import Swiftlet
///
/// let trace = Trace()
/// let answer = try await RunContext.tracing(trace) { try await agent.run("What is 6 * 7?").text }
/// print(answer, trace.openTelemetry.text(.pretty))
/// ```
public final class Trace: Sendable {
    /// The most spans that are kept; later ones are counted only.
    public static let limit = 100_000

    private struct State {
        var spans: [TraceSpan] = []
        var dropped = 0
    }

    private let state = Mutex(State())
    /// The trace's number, 32 hexadecimal digits.
    public let id: String

    /// Makes an empty trace.
    public init() {
        var random = SystemRandomNumberGenerator()
        id = Self.hexadecimal(random.next() | 1) + Self.hexadecimal(random.next())
    }

    /// The spans in the order in which they began.
    public var spans: [TraceSpan] { state.withLock { $0.spans } }

    /// How many spans there were beyond the limit.
    public var dropped: Int { state.withLock { $0.dropped } }

    /// Runs work as a span of the running task's trace, if it has one.
    public static func span<Result>(
        _ name: @autoclosure () -> String, _ attributes: @autoclosure () -> JSON.Object = [:],
        _ work: (OpenSpan) async throws -> Result
    ) async throws -> Result {
        var context = RunContext.current
        guard let trace = context.trace else { return try await work(OpenSpan(trace: nil, place: 0)) }
        let open = trace.begin(name(), parent: context.span, attributes())
        context.span = open.place.map { UInt64($0 + 1) } ?? context.span
        do {
            let result = try await RunContext.$current.withValue(context) { try await work(open) }
            open.end(nil)
            return result
        } catch {
            open.end("\(error)")
            throw error
        }
    }

    /// A span that is running.
    public struct OpenSpan: Sendable {
        fileprivate let trace: Trace?
        fileprivate let place: Int?

        fileprivate init(trace: Trace?, place: Int?) { (self.trace, self.place) = (trace, place) }

        /// Adds something to the span.
        public func set(_ key: String, _ value: @autoclosure () -> JSON) {
            guard let trace, let place else { return }
            let value = value()
            trace.state.withLock { $0.spans[place].attributes[key] = value }
        }

        fileprivate func end(_ failure: String?) {
            guard let trace, let place else { return }
            let time = Trace.now()
            trace.state.withLock { ($0.spans[place].end, $0.spans[place].failure) = (time, failure) }
        }
    }

    private func begin(_ name: String, parent: TraceSpan.ID?, _ attributes: JSON.Object) -> OpenSpan {
        let start = Self.now()
        return state.withLock { state in
            guard state.spans.count < Self.limit else {
                state.dropped += 1
                return OpenSpan(trace: nil, place: nil)
            }
            let place = state.spans.count
            state.spans.append(
                TraceSpan(id: UInt64(place + 1), parent: parent, name: name, start: start, attributes: attributes))
            return OpenSpan(trace: self, place: place)
        }
    }

    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The trace as OTLP's JSON (`ExportTraceServiceRequest`), which collectors take at `/v1/traces`.
    public var openTelemetry: JSON {
        let spans = spans.map { span -> JSON in
            var members: JSON.Object = [
                "traceId": .string(id), "spanId": .string(Self.hexadecimal(span.id)), "name": .string(span.name),
                "kind": 1, "startTimeUnixNano": .string(String(span.start)),
                "endTimeUnixNano": .string(String(span.end ?? Self.now())),
                "attributes": .array(span.attributes.map { ["key": .string($0.key), "value": Self.value($0.value)] }),
                "status": span.failure.map { ["code": 2, "message": .string($0)] } ?? ["code": 1],
            ]
            if let parent = span.parent { members["parentSpanId"] = .string(Self.hexadecimal(parent)) }
            return .object(members)
        }
        let service: JSON = ["key": "service.name", "value": ["stringValue": "swiftlet"]]
        return [
            "resourceSpans": [
                [
                    "resource": ["attributes": [service]],
                    "scopeSpans": [["scope": ["name": "swiftlet"], "spans": .array(spans)]],
                ]
            ]
        ]
    }

    private static func value(_ value: JSON) -> JSON {
        switch value {
        case .bool: ["boolValue": value]
        case .integer(let number): ["intValue": .string(String(number))]
        case .number: ["doubleValue": value]
        case .string: ["stringValue": value]
        default: ["stringValue": .string(value.text())]
        }
    }
}
