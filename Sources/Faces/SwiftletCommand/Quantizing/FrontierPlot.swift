import JSONValues
import Platform

/// A drawing of sizes against divergences: the further to the lower left, the better. Kinds that no other beats in both are
/// joined by a line.
struct FrontierPlot {
    private let rows: [KindMeasure]
    private static let (width, height, margin) = (720.0, 440.0, 56.0)

    init(_ rows: [KindMeasure]) { self.rows = rows.filter { $0.distance.meanDivergence > 0 && $0.bytes > 0 } }

    /// Divergences go over powers of ten.
    private func level(_ row: KindMeasure) -> Double { log10(row.distance.meanDivergence) }

    /// The kinds that no smaller one beats.
    var frontier: [KindMeasure] {
        var result: [KindMeasure] = []
        for row in rows.sorted(by: { ($0.bytes, level($0)) < ($1.bytes, level($1)) }) {
            guard let last = result.last, level(last) <= level(row) else {
                result.append(row)
                continue
            }
        }
        return result
    }

    var svg: String {
        let (w, h, m) = (Self.width, Self.height, Self.margin)
        let sizes = rows.map { Double($0.bytes) / 1e6 }
        let levels = rows.map(level)
        let (least, most) = (0.0, max(1, (sizes.max() ?? 1) * 1.08))
        let (bottom, top) = ((levels.min() ?? -1).rounded(.down), max((levels.max() ?? 0).rounded(.up), -20))
        func x(_ size: Double) -> Double { m + (size - least) / (most - least) * (w - 2 * m) }
        func y(_ level: Double) -> Double { h - m - (level - bottom) / max(1, top - bottom) * (h - 2 * m) }
        func at(_ row: KindMeasure) -> (Double, Double) { (x(Double(row.bytes) / 1e6), y(level(row))) }
        func number(_ value: Double) -> String { value.formatted("%.1f") }
        var parts: [String] = []
        for power in Int(bottom)...max(Int(bottom), Int(top)) {
            let line = number(y(Double(power)))
            parts.append(
                "<line x1='\(number(m))' x2='\(number(w - m))' y1='\(line)' y2='\(line)' stroke='#ddd'/>"
                    + "<text x='\(number(m - 6))' y='\(line)' text-anchor='end' dy='4'>1e\(power)</text>")
        }
        let step = Self.step(most)
        for size in stride(from: 0, through: most, by: step) {
            parts.append(
                "<text x='\(number(x(size)))' y='\(number(h - m + 18))' text-anchor='middle'>\(size.formatted("%g"))</text>"
            )
        }
        let points = frontier.map { at($0) }.map { "\(number($0.0)),\(number($0.1))" }
        parts.append(
            "<polyline points='\(points.joined(separator: " "))' fill='none' stroke='#3a7' stroke-width='1.5'/>")
        for row in rows {
            let (cx, cy) = at(row)
            parts.append(
                "<circle cx='\(number(cx))' cy='\(number(cy))' r='3.5' fill='#246'/>"
                    + "<text x='\(number(cx + 6))' y='\(number(cy - 5))'>\(row.kind)</text>")
        }
        parts.append("<text x='\(number(w / 2))' y='\(number(h - 12))' text-anchor='middle'>size in MB</text>")
        parts.append("<text x='\(number(m))' y='\(number(m - 20))'>divergence from the model in nats a token</text>")
        return """
            <svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 \(number(w)) \(number(h))' font-family='sans-serif' font-size='11'>
            <rect width='100%' height='100%' fill='white'/>
            \(parts.joined(separator: "\n"))
            </svg>

            """
    }

    /// The distance of marks: 1, 2 or 5 times a power of ten, at most ten of them.
    private static func step(_ most: Double) -> Double {
        let rough = most / 10
        let power = pow(10, log10(rough).rounded(.down))
        return ([1, 2, 5].map { $0 * power }.first { $0 >= rough }) ?? 10 * power
    }
}
