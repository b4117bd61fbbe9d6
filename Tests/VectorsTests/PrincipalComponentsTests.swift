import Testing

@testable import Vectors

@Suite struct PrincipalComponentsTests {
    /// Along the axes 2 and 0 of five, the first with the larger spread.
    @Test func theDirectionsOfLargestVarianceAreFound() {
        var (wide, narrow): ([Float], [Float]) = ([], [])
        for number in 0..<40 {
            wide.append(Float(number % 8) - 3.5)
            narrow.append(Float(number / 8) * 0.5 - 1)
        }
        let vectors: [[Float]] = zip(wide, narrow).map { [$1 + 7, 1, $0 - 3, 0, 2] }
        let places = PrincipalComponents.plane(vectors)
        // Which way a direction points says nothing.
        let x: Float = places[39].x > 0 ? 1 : -1
        let y: Float = places[39].y > 0 ? 1 : -1
        for (number, place) in places.enumerated() {
            #expect(abs(x * place.x - wide[number]) < 1e-3)
            #expect(abs(y * place.y - narrow[number]) < 1e-3)
        }
    }

    @Test func vectorsThatDoNotDifferLieInOnePlace() {
        #expect(PrincipalComponents.plane([]).isEmpty && PrincipalComponents.plane([[]]).count == 1)
        let places = PrincipalComponents.plane([[1, 2, 3], [1, 2, 3], [1, 2, 3]])
        #expect(places.allSatisfy { $0 == (0, 0) })
        // Along one line there is no second direction.
        #expect(
            PrincipalComponents.plane([[0, 0], [1, 1], [2, 2]]).allSatisfy { abs($0.y) < 1e-3 && $0.x.isFinite })
    }
}
