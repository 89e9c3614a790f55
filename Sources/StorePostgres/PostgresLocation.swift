import CPostgres
import Database
import Foundation

/// Where a PostgreSQL database is and how it is reached: a URL as libpq takes it, and what is taken where it says nothing.
///
/// ```swift
/// let location = try PostgresLocation("postgres://pitwall@db.example.com/news?sslrootcert=/etc/our-ca.pem", password: secret)
/// location.description   // news at db.example.com:5432
/// ```
/// Off this machine the server must show a certificate for the very name it is reached by, unless the URL or `PGSSLMODE` says
/// otherwise. The password comes from the environment or a file; wherever it comes from, it stands in no text of ours.
package struct PostgresLocation: Sendable, CustomStringConvertible {
    /// The database and its host, for people.
    package let description: String
    package let isLocal: Bool
    package let user: String?
    let parameters: [Parameter]
    /// How long all hosts together may take to answer, in seconds.
    let patience: Double

    struct Parameter: Sendable {
        var keyword: String
        var value: String

        init(_ keyword: String, _ value: String) {
            self.keyword = keyword
            self.value = value
        }
    }

    /// - Parameter password: In place of what `PGPASSWORD` or `~/.pgpass` say.
    package init(_ url: String, password: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        guard Self.isURL(url), let said = Self.parse(url) else { throw Self.problem(with: url) }
        func value(_ keyword: String, _ variable: String) -> String? {
            said[keyword] ?? environment[variable].flatMap { $0.isEmpty ? nil : $0 }
        }
        let host = value("hostaddr", "PGHOSTADDR") ?? value("host", "PGHOST")
        let hosts = (host ?? "").split(separator: ",").map(String.init)
        isLocal = hosts.allSatisfy(Self.isLoopback)
        user = value("user", "PGUSER")
        if let wrong = value("port", "PGPORT")?.split(separator: ",").first(where: { Int($0).map { !(1...65535).contains($0) } ?? true }) {
            throw DatabaseError(.unfit, "the database's URL has a port that is none: \(wrong.prefix(20))", hint: "ports go from 1 to 65535")
        }
        let port = value("port", "PGPORT").flatMap { Int($0) }.map { ":\($0)" } ?? ""
        description = "\(value("dbname", "PGDATABASE") ?? user ?? "the database")\(host.map { " at \($0)\(port)" } ?? " on this machine")"
        let seconds = (said["connect_timeout"] ?? environment["PGCONNECT_TIMEOUT"]).flatMap(Double.init) ?? 10
        patience = max(seconds, 2) * Double(max(hosts.count, 1))

        // What comes before the URL gives way to it, what comes after does not.
        var all = [
            Parameter("application_name", "pitwall"), Parameter("keepalives_idle", "30"), Parameter("keepalives_interval", "10"),
            Parameter("keepalives_count", "3"), Parameter("tcp_user_timeout", "30000"),
        ]
        if !isLocal, environment["PGSSLMODE"] == nil {
            all.append(Parameter("sslmode", "verify-full"))
            if let roots = Self.systemRoots(environment) { all.append(Parameter("sslrootcert", roots)) }
        }
        all.append(Parameter("dbname", url))
        all.append(Parameter("client_encoding", "UTF8"))
        if let password { all.append(Parameter("password", password)) }
        parameters = all
    }

    /// Whether a setting names a PostgreSQL database.
    package static func isURL(_ text: String) -> Bool {
        let lower = text.lowercased()
        return lower.hasPrefix("postgres://") || lower.hasPrefix("postgresql://")
    }

    /// What a URL says, by libpq's keywords; nil where it can't be read. Why, libpq would say with the part that is wrong,
    /// which may be the password.
    private static func parse(_ url: String) -> [String: String]? {
        guard let options = PQconninfoParse(url, nil) else { return nil }
        defer { PQconninfoFree(options) }
        var said: [String: String] = [:]
        var next = options
        while let keyword = next.pointee.keyword {
            if let value = next.pointee.val { said[String(cString: keyword)] = String(cString: value) }
            next += 1
        }
        return said
    }

    /// Why libpq can't read it, without quoting it: where a name of libpq's is wrong, that name.
    private static func problem(with url: String) -> DatabaseError {
        let known = knownNames
        if isURL(url), let query = url.split(separator: "?", maxSplits: 1).dropFirst().first, !query.contains("@") {
            for member in query.split(separator: "&") {
                let name = String(member.prefix { $0 != "=" })
                let isName = name.utf8.count <= 40 && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_") }
                guard isName, !name.isEmpty, member.contains("="), !known.contains(name), name != "ssl" else { continue }
                let near = known.filter { $0.hasPrefix(name.prefix(4)) }.sorted()
                return DatabaseError(
                    .unfit, "the database's URL has a setting that libpq does not know: \(name)",
                    hint: near.isEmpty ? "see the manual of libpq for what may follow the ?" : "there are \(near.joined(separator: ", "))")
            }
        }
        return DatabaseError(
            .unfit, "the database's URL can't be read",
            hint: "write it as postgres://USER@HOST:PORT/NAME; other signs than letters and digits are written as %XX")
    }

    private static var knownNames: Set<String> {
        guard let options = PQconndefaults() else { return [] }
        defer { PQconninfoFree(options) }
        var names: Set<String> = []
        var next = options
        while let keyword = next.pointee.keyword {
            names.insert(String(cString: keyword))
            next += 1
        }
        return names
    }

    private static func isLoopback(_ host: String) -> Bool {
        host.hasPrefix("/") || host.hasPrefix("@") || host == "localhost" || host.hasPrefix("127.") || host == "::1"
    }

    /// The certificates that the system trusts, where nobody names others. libpq knows them by itself from version 16 on.
    private static func systemRoots(_ environment: [String: String]) -> String? {
        let own = (environment["HOME"] ?? "") + "/.postgresql/root.crt"
        guard environment["PGSSLROOTCERT"] == nil, !FileManager.default.fileExists(atPath: own) else { return nil }
        if PQlibVersion() >= 160_000 { return "system" }
        return ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"].first {
            FileManager.default.fileExists(atPath: $0)
        }
    }
}
