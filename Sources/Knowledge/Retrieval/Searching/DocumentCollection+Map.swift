import Vectors

/// A passage on the map of a collection.
public struct MapPoint: Sendable, Hashable {
    /// Where it lies along the two directions in which the passages' vectors differ most.
    public var x: Float
    /// The second direction.
    public var y: Float
    /// What it is.
    public var passage: RetrievedPassage
}

extension DocumentCollection {
    /// The passages in a plane, where those of like meaning lie near to each other (principal components).
    ///
    /// - Parameter limit: The most points; of more passages every second one is taken, or every third, and so on.
    public func map(limit: Int = 2000) async throws -> [MapPoint] {
        let count = try await vectors.count(where: nil)
        let step = max(1, (count + limit - 1) / max(limit, 1))
        var (records, cursor, place): ([VectorRecord], String?, Int) = ([], nil, 0)
        repeat {
            let page = try await vectors.page(after: cursor, count: 256)
            for record in page.records {
                if place % step == 0 { records.append(record) }
                place += 1
            }
            cursor = page.next
        } while cursor != nil
        let chosen = records
        let places = try await Blocking.run {
            PrincipalComponents.plane(chosen.map(\.vector)).map { MapPlace(x: $0.x, y: $0.y) }
        }
        return zip(chosen, places).map { record, place in
            MapPoint(
                x: place.x, y: place.y,
                passage: RetrievedPassage(id: record.id, text: record.text, metadata: record.metadata, score: 0))
        }
    }

    private struct MapPlace: Sendable {
        let x: Float
        let y: Float
    }
}
