import Testing

@testable import Tensors

@Suite struct ArenaTests {
    @Test func becomesOneChunk() {
        let arena = Arena()
        arena.scope {
            for _ in 0..<5 { arena.take(UInt8.self, 900_000).update(repeating: 1, count: 900_000) }
        }
        arena.scope {
            let first = arena.take(900_000)
            for index in 1..<5 { #expect(arena.take(900_000) - first == index * 900_032) }
        }
    }

    @Test func scopesGiveBackOnlyTheirOwn() {
        let arena = Arena()
        arena.scope {
            let kept = arena.take(UInt8.self, 100)
            kept.update(repeating: 7, count: 100)
            var inner: [UnsafeMutableRawPointer] = []
            for _ in 0..<2 { arena.scope { inner.append(arena.take(3 << 20)) } }
            #expect(inner[0] == inner[1])
            inner[1].initializeMemory(as: UInt8.self, repeating: 9, count: 3 << 20)
            #expect((0..<100).allSatisfy { kept[$0] == 7 })
        }
    }
}
