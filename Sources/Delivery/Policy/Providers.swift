package import Model

/// Which recipients share limits and luck: the domains of one provider, as `providers:` groups them.
///
///     let providers = Providers([.init(name: "google", domains: ["gmail.com", "googlemail.com"])])
///     providers.domains["gmail.com"]   // 0, the first group
///
/// Groups of the settings come first; what they don't speak of is grouped as ``KnownProvider`` knows it.
package struct Providers: Sendable {
    package struct Group: Hashable, Sendable {
        package var name: String
        /// ASCII forms, in lower case.
        package var domains: [String]
        package var limits: [Rate]

        package init(name: String, domains: [String], limits: [Rate] = []) {
            (self.name, self.domains, self.limits) = (name, domains, limits)
        }
    }

    package let groups: [Group]
    /// For every domain that is in no group, by itself.
    package let others: [Rate]
    /// The group of a domain.
    package let domains: [String: Int]

    package init(_ groups: [Group] = [], others: [Rate] = []) {
        var all = groups
        var domains: [String: Int] = [:]
        for (index, group) in groups.enumerated() {
            for domain in group.domains where domains[domain] == nil { domains[domain] = index }
        }
        for known in KnownProvider.all {
            let rest = known.domains.filter { domains[$0] == nil }
            if let own = groups.firstIndex(where: { $0.name == known.name }) {
                // A group under a known name says itself who is in it.
                if all[own].domains.isEmpty {
                    all[own].domains = rest
                    for domain in rest { domains[domain] = own }
                }
            } else if !rest.isEmpty {
                for domain in rest { domains[domain] = all.count }
                all.append(Group(name: known.name, domains: rest))
            }
        }
        (self.groups, self.others, self.domains) = (all, others, domains)
    }

    package var hasLimits: Bool { !others.isEmpty || groups.contains { !$0.limits.isEmpty } }
}
