/// What an array or an object already has.
struct Progress: Hashable, Sendable {
    var count: Int32 = 0
    /// The declared members that were there, one bit each.
    var seen: [UInt64] = []

    /// Whether a member was there; one that cannot be there never was.
    func has(_ member: Int) -> Bool {
        guard member >= 0 else { return false }
        let word = member >> 6
        return word < seen.count && seen[word] >> UInt64(member & 63) & 1 != 0
    }

    mutating func insert(_ member: Int) {
        let word = member >> 6
        while seen.count <= word { seen.append(0) }
        seen[word] |= 1 << UInt64(member & 63)
    }

    /// The highest member that was there, -1 if none.
    var highest: Int {
        for word in seen.indices.reversed() where seen[word] != 0 {
            return word * 64 + 63 - seen[word].leadingZeroBitCount
        }
        return -1
    }
}

extension Automaton {
    /// What `progress` becomes by a transition with this effect; nil where its condition does not hold.
    func apply(_ effect: Effect, to progress: Progress) -> Progress? {
        var result = progress
        switch effect {
        case .none: return progress
        case .count(let limit, let enough):
            if let limit, Int(progress.count) >= limit { return nil }
            if Int(progress.count) < max(enough, limit ?? 0) { result.count += 1 }
            return result
        case .atLeast(let least): return Int(progress.count) >= least ? progress : nil
        case .member(let member, let object):
            guard allows(member, objects[object], progress) else { return nil }
            result.insert(member)
            result.count += 1
            return result
        case .extra(let object):
            let condition = objects[object]
            guard allowsExtra(condition, progress) else { return nil }
            if condition.isOrdered { result.insert(condition.declared) }
            if Int(result.count) < max(condition.least, condition.most ?? 0) { result.count += 1 }
            return result
        case .more(let object):
            let condition = objects[object]
            if allowsExtra(condition, progress) { return progress }
            let first = condition.isOrdered ? progress.highest + 1 : 0
            guard first < condition.declared else { return nil }
            return (first..<condition.declared).contains { allows($0, condition, progress) } ? progress : nil
        case .close(let object): return isComplete(objects[object], progress) ? progress : nil
        case .once(let value):
            guard !progress.has(value) else { return nil }
            result.insert(value)
            return result
        }
    }

    private func allows(_ member: Int, _ condition: ObjectCondition, _ progress: Progress) -> Bool {
        guard !progress.has(member) else { return false }
        if condition.isOrdered {
            if member < progress.highest { return false }
            // What is passed over now cannot come later.
            if demanded(condition, progress, with: member).contains(where: { $0 < member }) { return false }
            if condition.least > 0, !condition.allowsExtra,
                Int(progress.count) + condition.declared - member < condition.least
            {
                return false
            }
        }
        guard let most = condition.most else { return true }
        return Int(progress.count) + 1 + demanded(condition, progress, with: member).count <= most
    }

    private func allowsExtra(_ condition: ObjectCondition, _ progress: Progress) -> Bool {
        guard condition.allowsExtra else { return false }
        if condition.isOrdered, !demanded(condition, progress).isEmpty { return false }
        guard let most = condition.most else { return true }
        return Int(progress.count) + 1 + demanded(condition, progress).count <= most
    }

    /// The members that must still come, if `member` comes next: those that are required, and those that members demand which
    /// are there or must come.
    func demanded(_ condition: ObjectCondition, _ progress: Progress, with member: Int? = nil) -> [Int] {
        var missing = condition.required.filter { $0 != member && !progress.has($0) }
        guard !condition.implications.isEmpty else { return missing }
        var sources = condition.implications.keys.filter { progress.has($0) || $0 == member } + missing
        while let source = sources.popLast() {
            for other in condition.implications[source] ?? []
            where other != member && !progress.has(other) && !missing.contains(other) {
                missing.append(other)
                sources.append(other)
            }
        }
        return missing
    }

    private func isComplete(_ condition: ObjectCondition, _ progress: Progress) -> Bool {
        guard Int(progress.count) >= condition.least, condition.required.allSatisfy(progress.has) else { return false }
        return condition.implications.allSatisfy { member, others in
            !progress.has(member) || others.allSatisfy(progress.has)
        }
    }
}
