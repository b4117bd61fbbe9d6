/// A binary heap whose first element precedes all others.
package struct Heap<Element> {
    @usableFromInline var elements: [Element] = []
    @usableFromInline let precedes: (Element, Element) -> Bool

    /// An empty heap of elements in the order that `precedes` tells.
    @inlinable
    package init(_ precedes: @escaping (Element, Element) -> Bool) { self.precedes = precedes }

    /// Puts an element in.
    @inlinable
    package mutating func push(_ element: Element) {
        elements.append(element)
        var child = elements.count - 1
        while child > 0, precedes(elements[child], elements[(child - 1) / 2]) {
            elements.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes the first element out; nil if there is none.
    @inlinable
    package mutating func pop() -> Element? {
        guard let first = elements.first, let last = elements.popLast() else { return nil }
        guard !elements.isEmpty else { return first }
        elements[0] = last
        var parent = 0
        while true {
            var best = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < elements.count && precedes(elements[child], elements[best]) {
                best = child
            }
            guard best != parent else { return first }
            elements.swapAt(parent, best)
            parent = best
        }
    }
}
