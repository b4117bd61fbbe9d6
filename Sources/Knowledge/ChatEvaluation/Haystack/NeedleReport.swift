import Evaluation
public import JSONValues

/// What a model found at each length and depth.
public struct NeedleReport: Sendable {
    /// The model's name.
    public let model: String
    /// Every try.
    public let cells: [NeedleTest.Cell]

    init(model: String, cells: [NeedleTest.Cell]) { (self.model, self.cells) = (model, cells) }

    /// The mean score of all tries that the model could be asked; nil if there is none.
    public var score: Double? { Self.mean(cells) }

    private static func mean(_ cells: [NeedleTest.Cell]) -> Double? {
        let scores = cells.compactMap(\.score)
        return scores.isEmpty ? nil : scores.reduce(0, +) / Double(scores.count)
    }

    private var lengths: [Int] { Array(Set(cells.map(\.length))).sorted() }
    private var depths: [Double] { Array(Set(cells.map(\.depth))).sorted() }

    /// Mean scores, `[depths, lengths]`.
    private var grid: [[Double?]] {
        depths.map { depth in
            lengths.map { length in Self.mean(cells.filter { $0.depth == depth && $0.length == length }) }
        }
    }

    private var failures: [NeedleTest.Cell] { cells.filter { $0.score == nil } }

    /// One object: `model`, `score`, `asked`, `failed`, `cells`.
    public var json: JSON {
        let entries = cells.map { cell -> JSON in
            [
                "length": .integer(cell.length), "tokens": .integer(cell.tokens), "depth": .number(cell.depth),
                "attempt": .integer(cell.attempt), "score": cell.score.map { .number($0) } ?? .null,
                "answer": .string(cell.answer),
            ]
        }
        return [
            "model": .string(model), "score": score.map { .number($0) } ?? .null, "asked": .integer(cells.count),
            "failed": .integer(failures.count), "cells": .array(entries),
        ]
    }

    /// A table of depths and lengths.
    public var markdown: String {
        var text = "| Depth | " + lengths.map(String.init).joined(separator: " | ") + " |\n|---:|"
        text += lengths.map { _ in "---:|" }.joined() + "\n"
        for (depth, row) in zip(depths, grid) {
            let values = row.map { $0?.formatted("%.2f") ?? "failed" }
            text += "| \(depth.formatted("%g"))% | \(values.joined(separator: " | ")) |\n"
        }
        guard let failure = failures.first else { return text }
        return text + "\n\(failures.count) of \(cells.count) tries failed: \(ReportPage.cell(failure.answer))\n"
    }

    /// A page with the heat map.
    public var html: String {
        let map = HeatMap(
            rows: depths.map { $0.formatted("%g") + "%" }, columns: lengths.map(String.init), values: grid,
            label: "What was found by depth (rows) and length in tokens (columns)")
        var body = "<h1>\(ReportPage.escaped(model)): found by depth and length</h1>\n" + map.svg
        if let failure = failures.first {
            body += "<p>\(failures.count) of \(cells.count) tries failed: \(ReportPage.escaped(failure.answer))</p>\n"
        }
        return ReportPage.page(model, body: body)
    }
}
