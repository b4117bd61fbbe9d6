/// Edit distances to one reference, computed near the diagonal only, as Tercom and sacrebleu do. Rows of hypotheses that begin
/// alike are kept, since shifts change little; what is kept depends on the order of calls, as in the reference.
struct BeamEditDistance {
    enum Operation: UInt8 {
        case keep, substitute, insert, delete
    }

    private struct Cell {
        var cost: Int
        var operation: Operation
    }

    /// The row that comes after a word, and those of the words that follow it.
    private final class Node {
        var row: [Cell]
        var next: [Int: Node] = [:]

        init(row: [Cell]) { self.row = row }
    }

    private static let beamWidth = 25
    private static let maximumCacheSize = 10_000
    private static let infinity = 10_000_000_000_000_000

    private let reference: [Int]
    private let root: Node
    private var cacheSize = 0

    init(_ reference: [Int]) {
        self.reference = reference
        root = Node(row: (0...reference.count).map { Cell(cost: $0, operation: .insert) })
    }

    /// The least number of insertions, deletions and substitutions within the beam.
    mutating func distance(_ words: [Int]) -> Int { rows(of: words).last?.last?.cost ?? 0 }

    /// The distance and how the hypothesis becomes the reference, from the start.
    mutating func distanceAndOperations(_ words: [Int]) -> (Int, [Operation]) {
        let rows = rows(of: words)
        var operations: [Operation] = []
        var (row, column) = (words.count, reference.count)
        while row > 0 || column > 0 {
            let operation = rows[row][column].operation
            operations.append(operation)
            if operation != .insert { row -= 1 }
            if operation != .delete { column -= 1 }
        }
        return (rows[words.count][reference.count].cost, operations.reversed())
    }

    private mutating func rows(of words: [Int]) -> [[Cell]] {
        var rows = [root.row]
        var node = root
        for word in words {
            guard let next = node.next[word] else { break }
            node = next
            rows.append(node.row)
        }
        let known = rows.count - 1
        let ratio = words.isEmpty ? 1 : Double(reference.count) / Double(words.count)
        let width =
            Double(Self.beamWidth) < ratio / 2
            ? Int((ratio / 2 + Double(Self.beamWidth)).rounded(.up)) : Self.beamWidth
        for index in known..<words.count {
            let diagonal = Int((Double(index + 1) * ratio).rounded(.down))
            let end = index + 1 == words.count ? reference.count + 1 : min(reference.count + 1, diagonal + width)
            rows.append(row(after: rows[index], word: words[index], columns: max(0, diagonal - width)..<end))
        }
        guard cacheSize < Self.maximumCacheSize else { return rows }
        for index in known..<words.count {
            let next = Node(row: rows[index + 1])
            node.next[words[index]] = next
            node = next
            cacheSize += 1
        }
        return rows
    }

    private func row(after previous: [Cell], word: Int, columns: Range<Int>) -> [Cell] {
        var row = [Cell](repeating: Cell(cost: Self.infinity, operation: .delete), count: reference.count + 1)
        for column in columns {
            guard column > 0 else {
                row[0] = Cell(cost: previous[0].cost + 1, operation: .delete)
                continue
            }
            let isEqual = word == reference[column - 1]
            var best = Cell(
                cost: previous[column - 1].cost + (isEqual ? 0 : 1), operation: isEqual ? .keep : .substitute)
            if previous[column].cost + 1 < best.cost {
                best = Cell(cost: previous[column].cost + 1, operation: .delete)
            }
            if row[column - 1].cost + 1 < best.cost { best = Cell(cost: row[column - 1].cost + 1, operation: .insert) }
            if best.cost < row[column].cost { row[column] = best }
        }
        return row
    }
}
