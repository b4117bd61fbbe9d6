extension String {
    /// Python's `str.upper`.
    var pythonUppercased: String { mappingScalars(\.uppercaseMapping) }

    /// Python's `str.lower`, in which a capital sigma at the end of a word is special.
    package var pythonLowercased: String {
        var result = ""
        result.reserveCapacity(utf8.count)
        for index in unicodeScalars.indices {
            let scalar = unicodeScalars[index]
            if scalar == "\u{3A3}" {
                result += isFinalSigma(at: index) ? "\u{3C2}" : "\u{3C3}"
            } else {
                result += scalar.properties.lowercaseMapping
            }
        }
        return result
    }

    /// Python's `str.swapcase`.
    var pythonSwappedCase: String {
        mappingScalars { $0.isUppercase ? $0.lowercaseMapping : $0.isLowercase ? $0.uppercaseMapping : nil }
    }

    /// Python's `str.title`: every run of cased letters begins with a capital.
    var pythonTitlecased: String {
        var result = ""
        var followsCased = false
        for scalar in unicodeScalars {
            let properties = scalar.properties
            result += followsCased ? properties.lowercaseMapping : properties.titlecaseMapping
            followsCased = properties.isCased
        }
        return result
    }

    /// Python's `str.capitalize`.
    var pythonCapitalized: String {
        guard let first = unicodeScalars.first else { return self }
        return first.properties.titlecaseMapping + String(unicodeScalars.dropFirst()).pythonLowercased
    }

    /// Whether there are cased letters and all have the case of `mapped`.
    func isCased(as mapped: String) -> Bool {
        isIdentical(to: mapped) && unicodeScalars.contains { $0.properties.isCased }
    }

    private func mappingScalars(_ map: (Unicode.Scalar.Properties) -> String?) -> String {
        var result = ""
        result.reserveCapacity(utf8.count)
        for scalar in unicodeScalars {
            if let mapped = map(scalar.properties) { result += mapped } else { result.unicodeScalars.append(scalar) }
        }
        return result
    }

    private func isFinalSigma(at index: Index) -> Bool {
        let before = unicodeScalars[..<index].last { !$0.properties.isCaseIgnorable }
        guard before?.properties.isCased == true else { return false }
        let after = unicodeScalars[unicodeScalars.index(after: index)...].first { !$0.properties.isCaseIgnorable }
        return after?.properties.isCased != true
    }
}
