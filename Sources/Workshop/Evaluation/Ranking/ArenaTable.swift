public import JSONValues

/// An arena's players in the order of their ratings, and how they fared against each other.
public struct ArenaTable: Sendable {
    /// One player.
    public struct Player: Sendable, Hashable {
        /// Its name.
        public var name: String
        /// Its rating by Bradley and Terry.
        public var rating: Double
        /// The rating's interval.
        public var interval: Bootstrap.Interval
        /// Its rating by Elo, after all votes in their order.
        public var elo: Double
        /// Games won.
        public var wins = 0
        /// Games without a winner.
        public var ties = 0
        /// Games lost.
        public var losses = 0
    }

    /// The players, the best first.
    public let players: [Player]
    /// How many votes there are.
    public let votes: Int
    /// The share of games that each player (rows) won against each (columns), ties being half a win; nil where they never met.
    public let winRates: [[Double?]]

    /// Rates players.
    ///
    /// - Parameter prior: see `Arena.bradleyTerry`.
    /// - Throws: `EvaluationError` if there are no votes.
    public init(_ battles: [Battle], prior: Double = 0.1, samples: Int = 100, seed: UInt32 = 0) throws(EvaluationError)
    {
        let ratings = try Arena.bradleyTerry(battles, prior: prior)
        let intervals = try Arena.intervals(battles, prior: prior, samples: samples, seed: seed)
        let elo = Arena.elo(battles)
        var games: [String: [String: [Double]]] = [:]
        for battle in battles {
            games[battle.first, default: [:]][battle.second, default: []].append(battle.outcome.score)
            games[battle.second, default: [:]][battle.first, default: []].append(1 - battle.outcome.score)
        }
        let players = ratings.map { name, rating in
            let scores = games[name, default: [:]].values.flatMap { $0 }
            return Player(
                name: name, rating: rating,
                interval: intervals[name] ?? Bootstrap.Interval(low: rating, middle: rating, high: rating),
                elo: elo[name] ?? 1000, wins: scores.count { $0 == 1 }, ties: scores.count { $0 == 0.5 },
                losses: scores.count { $0 == 0 })
        }.sorted { ($1.rating, $0.name) < ($0.rating, $1.name) }
        (self.players, votes) = (players, battles.count)
        winRates = players.map { player in players.map { games[player.name]?[$0.name]?.mean } }
    }

    /// One object: `votes`, `players` and `win_rates` by name.
    public var json: JSON {
        let entries = players.map { player -> JSON in
            [
                "name": .string(player.name), "rating": .number(player.rating),
                "interval": [.number(player.interval.low), .number(player.interval.high)], "elo": .number(player.elo),
                "wins": .integer(player.wins), "ties": .integer(player.ties), "losses": .integer(player.losses),
            ]
        }
        var rates = JSON.Object()
        for (player, row) in zip(players, winRates) {
            var members = JSON.Object()
            for (other, rate) in zip(players, row) where other.name != player.name {
                members[other.name] = rate.map { .number($0) } ?? .null
            }
            rates[player.name] = .object(members)
        }
        return ["votes": .integer(votes), "players": .array(entries), "win_rates": .object(rates)]
    }

    /// A table of the players.
    public var markdown: String {
        var text = "| Player | Rating | 95% interval | Elo | Won | Tied | Lost |\n|---|---:|---|---:|---:|---:|---:|\n"
        for player in players {
            let interval = "\(player.interval.low.formatted("%.0f")) to \(player.interval.high.formatted("%.0f"))"
            text += "| \(ReportPage.cell(player.name)) | \(player.rating.formatted("%.1f")) | \(interval) | "
            text += "\(player.elo.formatted("%.1f")) | \(player.wins) | \(player.ties) | \(player.losses) |\n"
        }
        return text
    }

    /// A page with the table, the ratings with their intervals, and the shares of games won.
    public var html: String {
        var body = "<h1>Arena of \(players.count) players, \(votes) votes</h1>\n<table><tr><th>Player<th>Rating"
        body += "<th>95% interval<th>Elo<th>Won<th>Tied<th>Lost</tr>\n"
        for player in players {
            body += "<tr><td>\(ReportPage.escaped(player.name))<td>\(player.rating.formatted("%.1f"))"
            body += "<td>\(player.interval.low.formatted("%.0f")) to \(player.interval.high.formatted("%.0f"))"
            body += "<td>\(player.elo.formatted("%.1f"))<td>\(player.wins)<td>\(player.ties)<td>\(player.losses)</tr>\n"
        }
        body += "</table>\n<h2>Share of games won by the row against the column</h2>\n"
        let map = HeatMap(
            rows: players.map(\.name), columns: players.map(\.name), values: winRates, label: "Shares of games won")
        return ReportPage.page("Arena", body: body + map.svg)
    }
}
