import Foundation
import JSONValues
import Synchronization
import Testing

@testable import Templating

/// Hostile templates end with an error that says which bound they reached, on a small stack too.
struct LimitTests {
    static let limits = TemplateLimits(steps: 100_000, outputBytes: 1 << 20)

    static let endless = [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% macro f(n) %}{% for a in [1] %}{% if n %}{{ [f(n)]|join }}{% endif %}{% endfor %}{% endmacro %}{{ f(1) }}",
        "{% macro a() %}{% call b() %}{% endcall %}{% endmacro %}{% macro b() %}{{ caller() }}{{ a() }}{% endmacro %}{{ a() }}",
        "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% set ns = namespace(s='x') %}{% for a in range(99999) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{% set ns = namespace(l=[1]) %}{% for a in range(99999) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
        "{% set ns = namespace(l=[]) %}{% for a in range(99999) %}{% set ns.l = [ns.l] %}{% endfor %}",
        "{% set ns = namespace(l={}) %}{% for a in range(99999) %}{% set ns.l = {'a': ns.l} %}{% endfor %}",
        "{% set ns = namespace(l=[1]) %}{% for a in range(99) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
        "{% set ns = namespace(l=[1]) %}{% for a in range(99) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}"
            + "{{ ns.l|tojson }}",
        "{% set a = namespace(l=[1]) %}{% set b = namespace(l=[1]) %}{% for x in range(99) %}"
            + "{% set a.l = [a.l, a.l] %}{% set b.l = [b.l, b.l] %}{% endfor %}{{ a.l == b.l }}",
        "{{ 'x' * 99999999999 }}", "{{ [1] * 99999999999 }}", "{{ 'a'.center(99999999999) }}", "{{ range(999999999) }}",
        "{{ '%999999999d' % 1 }}", "{{ '{:999999999}'.format(1) }}", "{{ 'a\\nb'|indent(99999999999) }}",
        "{{ '%.999999999f' % 1.5 }}", "{{ 'a'.ljust(9223372036854775807) }}", "{{ [1]|batch(9999999, 1)|list }}",
        "{{ [1]|slice(99999999)|list }}", "{{ 'ab'.replace('', 'x' * 1000000) }}", "{{ 'a\t'.expandtabs(99999999) }}",
        String(repeating: "(", count: 100_000), "{{ " + String(repeating: "[", count: 100_000),
        "{{ " + String(repeating: "not ", count: 100_000) + "1 }}",
        "{{ " + String(repeating: "-", count: 100_000) + "1 }}",
        String(repeating: "{% if 1 %}", count: 100_000), String(repeating: "{% for a in b %}", count: 100_000),
        "{{ " + String(repeating: "1 if 1 else ", count: 100_000) + "1 }}",
        "{{ " + String(repeating: "f(", count: 100_000), "{{ " + String(repeating: "a[", count: 100_000),
        "{{ " + String(repeating: "{1:", count: 100_000), "{{ 1 is " + String(repeating: "a is in ", count: 100_000),
        "{% set " + String(repeating: "(", count: 100_000),
    ].map { $0.hasPrefix("((") ? "{{ " + $0 : $0 }

    @Test(arguments: endless.indices)
    func hostileTemplatesReachALimit(index: Int) throws {
        let source = Self.endless[index]
        let error = try #require(Self.onSmallStack { Self.failure(of: source) }, "\(source.prefix(80)) renders")
        #expect(error.kind == .limit || error.kind == .syntax, "\(source.prefix(80)): \(error)")
        #expect(error.line == 1)
    }

    @Test func longChainsAreNoLimit() throws {
        let sources = [
            "{{ 1" + String(repeating: " + 1", count: 20_000) + " }}",
            "{{ 'a'" + String(repeating: "|upper", count: 20_000) + " }}",
            "{{ 1" + String(repeating: " and 1", count: 20_000) + " }}",
            "{{ a" + String(repeating: ".b", count: 1) + " }}",
            "{% if 0 %}" + String(repeating: "{% elif 0 %}", count: 20_000) + "{% endif %}",
        ]
        for source in sources {
            let error = Self.onSmallStack { Self.failure(of: source) }
            #expect(
                error == nil || error?.kind == .undefined,
                "\(source.prefix(40)): \(error.map(String.init(describing:)) ?? "")")
        }
    }

    /// Values that refer to themselves, and long lists of namespaces, end with their rendering.
    @Test func cyclesAndListsOfNamespacesEnd() {
        let sources = [
            "{% set a = namespace() %}{% set a.a = a %}{{ a == a }}",
            "{% set a = namespace() %}{% for i in range(20000) %}{% set a.a = namespace(next=a.a) %}{% endfor %}x",
            "{% set a = namespace() %}{% for i in range(5000) %}{% set g = a.f %}{% macro f() %}{{ g }}{% endmacro %}"
                + "{% set a.f = f %}{% endfor %}x",
        ]
        for source in sources {
            #expect(Self.onSmallStack { Self.failure(of: source, limits: TemplateLimits()) } == nil)
        }
    }

    @Test func valuesOfTheCallerMayNotNestTooDeep() throws {
        var value: JSON = [1]
        for _ in 0..<1000 { value = [value] }
        let template = try Template("{{ v }}", name: "t")
        let error = try #require(throws: TemplateError.self) { try template.render(["v": value]) }
        #expect(error.kind == .limit)
    }

    @Test(arguments: [
        "{{ 9223372036854775807 + 1 }}", "{{ -9223372036854775807 - 2 }}", "{{ 4611686018427387904 * 2 }}",
        "{{ 10 ** 19 }}", "{{ -(-9223372036854775807 - 1) }}", "{{ (-9223372036854775807 - 1) // -1 }}",
        "{{ (-9223372036854775807 - 1)|abs }}",
    ])
    func integerOverflowIsAnError(source: String) throws {
        let template = try Template(source, name: "t")
        let error = try #require(throws: TemplateError.self) { try template.render([:]) }
        #expect(error.kind == .operation)
        #expect(error.reason.contains("too large"))
    }

    @Test func extremeBoundsDoNotTrap() throws {
        let least = "(-9223372036854775807 - 1)"
        let most = "9223372036854775807"
        for bound in [least, most] {
            for source in [
                "{{ [1,2][B] }}", "{{ [1,2][B:] }}", "{{ [1,2][:B] }}", "{{ [1,2][::B] }}", "{{ 'ab'[B] }}",
                "{{ 'ab'[B:B:B] }}",
                "{{ 'ab'.find('b', B, B) }}", "{{ [1].index(1, B) }}", "{{ range(B) }}", "{{ range(B, 3, B) }}",
                "{{ range(0, B, B)|list }}", "{{ 'a'.zfill(B) }}", "{{ 'ab'|truncate(B, true, 'x', B) }}",
                "{{ 1.5|round(B) }}",
                "{{ 'a b'.split(' ', B) }}", "{{ 'a'.replace('a', 'b', B) }}", "{{ B % -1 }}", "{{ B // -1 }}",
                "{{ 2 ** B }}",
                "{{ B is odd }}", "{{ B is divisibleby(-1) }}", "{{ [1]|batch(B)|list }}", "{{ 'a'|wordwrap(B) }}",
                "{{ '%*d' % (B, 1) }}", "{{ '%d' % B }}", "{{ '%c' % B }}", "{{ B|filesizeformat }}",
                "{{ [1]|tojson(indent=B) }}",
                "{{ 1e308|int }}", "{{ 'a' * B }}", "{{ 'a'|center(B) }}", "{{ 'x'.rjust(B) }}", "{{ 'x'|indent(B) }}",
                "{{ loop }}{% for a in [1] %}{{ loop[B] }}{% endfor %}", "{{ 'a'.expandtabs(B) }}",
                "{{ '{:c}'.format(B) }}",
            ] {
                let source = source.replacing("B", with: bound, limit: .max)
                // Whether it renders or not, it returns; what Jinja makes of such bounds is in the fixtures.
                if let error = Self.failure(of: source) { #expect(error.line == 1, "\(source)") }
            }
        }
    }

    @Test func errorsNameTheirLineInMacros() throws {
        let source = "{% macro f(a) %}\n{{ a.b.c }}\n{% endmacro %}\n\n{{ f({}) }}"
        let template = try Template(source, name: "mine")
        let error = try #require(throws: TemplateError.self) { try template.render([:]) }
        #expect(error.line == 2)
        #expect(error.kind == .undefined)
        #expect(error.reason == "'dict object' has no attribute 'b'")
    }

    @Test(arguments: ["include", "import", "extends", "from"])
    func otherFilesAreRefusedByName(tag: String) throws {
        let error = try #require(throws: TemplateError.self) { try Template("\n{% \(tag) 'x' %}", name: "t") }
        #expect(error.kind == .refused)
        #expect(error.line == 2)
        #expect(error.reason.contains("'\(tag)'"))
    }

    private static func failure(of source: String, limits: TemplateLimits = limits) -> TemplateError? {
        do throws(TemplateError) {
            _ = try Template(source, name: "hostile", limits: limits).render([:])
            return nil
        } catch {
            return error
        }
    }

    /// Runs `body` on a thread with half a megabyte of stack, the least that the platforms give to threads.
    private static func onSmallStack<Result: Sendable>(_ body: @escaping @Sendable () -> Result?) -> Result? {
        let box = Box<Result>()
        let finished = DispatchSemaphore(value: 0)
        let thread = Thread {
            let result = body()
            box.result.withLock { $0 = result }
            finished.signal()
        }
        thread.stackSize = 512 << 10
        thread.start()
        finished.wait()
        return box.result.withLock { $0 }
    }

    private final class Box<Result: Sendable>: Sendable {
        let result = Mutex<Result?>(nil)
    }
}
