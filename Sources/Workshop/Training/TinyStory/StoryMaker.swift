/// Makes little stories of animals, places and things, by a seed: simple enough that a model of a million weights learns to
/// tell them, and to keep who is who.
struct StoryMaker {
    private var generator: any RandomNumberGenerator

    init(_ generator: any RandomNumberGenerator) { self.generator = generator }

    private struct Animal {
        var kind: String
        var name: String
        var he: String
        var his: String { he == "he" ? "his" : "her" }
        var him: String { he == "he" ? "him" : "her" }
    }

    private static let kinds = [
        "fox", "rabbit", "bear", "mouse", "frog", "duck", "owl", "cat", "dog", "hedgehog", "squirrel", "turtle",
    ]
    private static let boys = ["Tom", "Ben", "Max", "Leo", "Sam", "Otto", "Finn", "Pip"]
    private static let girls = ["Anna", "Mia", "Lily", "Rosa", "Nina", "Ella", "Ida", "Zoe"]
    private static let places = [
        "near the river", "in the forest", "on the hill", "by the lake", "in a small house", "under the old oak",
        "behind the garden", "at the edge of the meadow",
    ]
    private static let colors = ["red", "blue", "green", "yellow", "white", "golden"]
    private static let toys = ["ball", "kite", "boat", "drum", "hat", "bell", "scarf", "lamp"]
    private static let foods = ["apple", "cake", "pear", "loaf of bread", "bowl of berries", "jar of honey", "pie"]
    private static let traits = ["little", "brave", "shy", "clever", "curious", "merry"]

    private mutating func pick(_ choices: [String]) -> String { choices.randomElement(using: &generator) ?? "" }

    /// A color and a thing that has it.
    private mutating func coloredToy() -> String { "\(pick(Self.colors)) \(pick(Self.toys))" }

    private mutating func animal(except other: Animal? = nil) -> Animal {
        while true {
            let isBoy = Bool.random(using: &generator)
            let animal = Animal(
                kind: pick(Self.kinds), name: pick(isBoy ? Self.boys : Self.girls), he: isBoy ? "he" : "she")
            if animal.kind != other?.kind, animal.name != other?.name { return animal }
        }
    }

    /// A story.
    mutating func next() -> String {
        let hero = animal()
        let friend = animal(except: hero)
        let beginning = [
            pick(["Once upon a time there was", "There once was", "Long ago there lived"])
                + " \(Self.article(pick(Self.traits), hero.kind)) named \(hero.name).",
            pick(["\(hero.name) lived", "\(Self.capital(hero.he)) lived", "\(hero.name) had \(hero.his) home"])
                + " \(pick(Self.places)).",
        ]
        let plots: [(inout StoryMaker) -> [String]] = [
            { $0.lost(hero, friend) }, { $0.hungry(hero, friend) }, { $0.afraid(hero, friend) },
            { $0.learning(hero, friend) }, { $0.birthday(hero, friend) },
        ]
        guard let plot = plots.randomElement(using: &generator) else { return "" }
        return (beginning + plot(&self)).joined(separator: " ")
    }

    private mutating func lost(_ hero: Animal, _ friend: Animal) -> [String] {
        let toy = coloredToy()
        let place = pick(["into the river", "into a deep hole", "into the lake", "over the fence"])
        return [
            "One day \(hero.name) played with \(hero.his) \(toy).",
            "But a strong wind came, and the \(toy) fell \(place).",
            "\(hero.name) was very sad and began to cry.",
            "\(Self.capital(Self.article(nil, friend.kind))) named \(friend.name) came by and asked, \"Why do you cry, \(hero.name)?\"",
            "\"My \(toy) fell \(place),\" said \(hero.name).",
            pick([
                "\"Do not worry, I will help you,\" said \(friend.name).",
                "\"I can get it for you,\" said \(friend.name).",
            ]),
            "\(friend.name) went and brought the \(toy) back.",
            "\(hero.name) was happy and said, \"Thank you, \(friend.name)!\"",
        ] + friends(hero, friend)
    }

    private mutating func hungry(_ hero: Animal, _ friend: Animal) -> [String] {
        let food = pick(Self.foods)
        return [
            "One morning \(hero.name) found \(Self.article(nil, food)) on the path.",
            "\"What a fine \(food)!\" said \(hero.name).",
            "Then \(hero.he) met \(Self.article(nil, friend.kind)) named \(friend.name), who was hungry.",
            "\"I have not eaten all day,\" said \(friend.name).",
            "\(hero.name) thought for a while.",
            "\"Let us share the \(food),\" said \(hero.name).",
            "They sat down in the sun and ate the \(food) together.",
            "\"You are very kind, \(hero.name),\" said \(friend.name).",
        ] + friends(hero, friend)
    }

    private mutating func afraid(_ hero: Animal, _ friend: Animal) -> [String] {
        let fear = pick(["the dark", "the storm", "the deep water", "the big dog"])
        return [
            "\(hero.name) was afraid of \(fear).",
            "One evening \(hero.he) told \(hero.his) friend \(friend.name), \(Self.article(nil, friend.kind)), about it.",
            "\"I am afraid of \(fear),\" said \(hero.name).",
            "\"I was afraid of \(fear), too,\" said \(friend.name). \"Come, we will go together.\"",
            "\(hero.name) took a deep breath and went with \(friend.name).",
            "After a while \(hero.he) saw that \(fear) was not so bad.",
            "\"I am not afraid any more!\" said \(hero.name).",
            "\(friend.name) smiled at \(hero.him).",
        ] + ["From that day on \(hero.name) was never afraid of \(fear) again."]
    }

    private mutating func learning(_ hero: Animal, _ friend: Animal) -> [String] {
        let skill = pick(["swim", "sing", "dance", "climb", "paint", "bake"])
        return [
            "\(hero.name) wanted to learn to \(skill).",
            "\(Self.capital(hero.he)) tried to \(skill) every day, but it was hard.",
            "\"I will never learn to \(skill),\" said \(hero.name).",
            "An old \(friend.kind) named \(friend.name) heard \(hero.him).",
            "\"I will show you how to \(skill),\" said \(friend.name). \"But you must not give up.\"",
            "So \(hero.name) tried again and again.",
            "At last \(hero.he) could \(skill).",
            "\"Look, \(friend.name), I can \(skill)!\" said \(hero.name).",
            "\(friend.name) was proud of \(hero.him).",
        ]
    }

    private mutating func birthday(_ hero: Animal, _ friend: Animal) -> [String] {
        let toy = coloredToy()
        let food = pick(Self.foods)
        return [
            "Today was the birthday of \(hero.name).",
            "\(Self.capital(hero.he)) waited the whole morning, but nobody came.",
            "\"They forgot my birthday,\" said \(hero.name).",
            "Then there was a knock at the door.",
            "It was \(friend.name), the \(friend.kind), with \(Self.article(nil, food)) and a \(toy).",
            "\"Happy birthday, \(hero.name)!\" said \(friend.name).",
            "They ate the \(food) and played with the \(toy) until the evening.",
            "It was the best birthday that \(hero.name) ever had.",
        ]
    }

    private mutating func friends(_ hero: Animal, _ friend: Animal) -> [String] {
        [
            pick([
                "From that day on \(hero.name) and \(friend.name) were good friends.",
                "And so \(hero.name) the \(hero.kind) and \(friend.name) the \(friend.kind) became best friends.",
                "They played together every day after that.",
            ])
        ]
    }

    private static func article(_ trait: String?, _ noun: String) -> String {
        let words = [trait, noun].compactMap { $0 }.joined(separator: " ")
        return (words.first.map { "aeiou".contains($0) } ?? false ? "an " : "a ") + words
    }

    private static func capital(_ word: String) -> String { word.prefix(1).uppercased() + word.dropFirst() }
}
