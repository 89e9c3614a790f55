import CPostgres
import Database
import Foundation

/// `PG_DIAG_SQLSTATE`, which is a macro.
let sqlStateField = Int32(UInt8(ascii: "C"))
private let messageField = Int32(UInt8(ascii: "M"))

extension DatabaseError {
    /// What the server says of a statement, by its code. Details and context are left out, and so is what follows a colon
    /// in the words about a value: they quote values, which may be addresses.
    init(_ result: PostgresResult, at place: String, sql: String) {
        func field(_ field: Int32) -> String { PQresultErrorField(result.pointer, field).map { String(cString: $0) } ?? "" }
        let state = field(sqlStateField)
        let message = field(messageField)
        if let known = Self(state: state, at: place, message: message) {
            self = known
            if known.code == .constraint { self.sql = sql }
            return
        }
        let words = state.hasPrefix("22") ? String(message.prefix { $0 != ":" && $0 != "\"" }) : message
        self.init(.other, "the database reports: \(words) (\(state))", sql: sql)
    }

    /// What a code means to a person; nil where nobody but a programmer can do something about it.
    private init?(state: String, at place: String, message: String) {
        switch state {
        case PostgresDialect.movedState: self = .moved(place)
        case "53100":
            self.init(
                .full, "the disk of \(place) is full", hint: "free some space there and run the command again: what was committed is kept")
        case "53400":
            self.init(
                .full, "a statement needed more room for sorting than \(place) lets this user have",
                hint: "raise temp_file_limit there, or ask for less at a time")
        case "53200":
            self.init(.busy, "\(place) has no memory left", hint: "run the command again when the server has less to do")
        case "58030":
            self.init(.damaged, "the disk of \(place) fails: \(message)", hint: "look at the server's log and at its disk")
        case "53300":
            self.init(
                .busy, "\(place) takes no more connections",
                hint: "end some programs that use it, raise max_connections there, or put PgBouncer in between")
        case "55P03":
            self.init(
                .busy, "another program is writing to \(place), and does not come to an end",
                hint: "wait for it to end, then run the command again")
        case "40P01", "40001":
            self.init(
                .busy, "two programs wanted to change the same in \(place) at once, and this one gave way", hint: "run the command again")
        case "57014":
            self.init(
                .busy, "\(place) ended a statement that took too long, or somebody there ended it",
                hint: "run the command again when the server has less to do; its log says which it was")
        case "3F000" where message.contains("no schema has been selected"):
            self.init(.unfit, "\(place) shows this user no schema", hint: Self.right(missingIn: "for schema"))
        case "2BP01":
            self.init(
                .unfit, "something else in \(place) depends on a table that is replaced: \(message)",
                hint: "drop what depends on it (a view?), run the command again, and make it anew")
        case "42P01", "3F000":
            self.init(
                .other, "a table is not there any more in \(place): \(message)",
                hint: "the database was emptied, or is another one than before: name the right one under `database:`, or restore a backup")
        case "57P04":
            self.init(.unfit, "the database \(place) was dropped", hint: "restore a backup, or name another database under `database:`")
        case "57P01", "57P02", "57P05", "25P03":
            self.init(
                .lost, "\(place) ended the connection: \(message)",
                hint: "run the command again when the server is back: what was committed is kept")
        case "57P03":
            self.init(
                .busy, "\(place) takes no connections now: it starts, stops or recovers",
                hint: "wait until it is ready, then run the command again; its log says how far it is")
        case "25006":
            self.init(
                .readOnly, "\(place) may only be read: it is a replica, or set so",
                hint: "name the primary under `database:`, or several hosts with ?target_session_attrs=read-write")
        case "42501":
            self.init(.unfit, "\(place) does not let this user do that: \(message)", hint: Self.right(missingIn: message))
        case "54000":
            self.init(.unfit, "a text is too long for an index of \(place): \(message)", hint: "shorten it, and run the command again")
        case "28P01", "28000":
            self.init(
                .unfit, "\(place) refuses the user or the password",
                hint: "give the password in PITWALL_DATABASE_PASSWORD, PGPASSWORD or ~/.pgpass; the user stands in the URL")
        case "3D000":
            self.init(.unfit, "there is no database \(place)", hint: "make it with: createdb --encoding=UTF8 --template=template0 NAME")
        case "XX001", "XX002":
            self.init(.damaged, "\(place) is damaged: \(message)", hint: "restore a backup")
        case let state where state.hasPrefix("08"):
            self = Self.pooler(message, at: place)
        case let state where state.hasPrefix("23"):
            self.init(.constraint, "a rule of the database was broken: \(message)")
        default: return nil
        }
    }

    /// What to grant, by the server's words for what it refuses; in another language than English it may be anything.
    private static func right(missingIn message: String) -> String {
        if message.contains("for table") || message.contains("for relation") {
            return "let the user own the tables, or: GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO the user"
        }
        if message.contains("for schema") {
            return "let the user own the database, or: GRANT USAGE, CREATE ON SCHEMA public TO the user"
        }
        return "let the user own the database, its schema and its tables"
    }

    /// What stands between us and the server says what is wrong in words alone; their code is of the class "connection".
    private static func pooler(_ message: String, at place: String) -> DatabaseError {
        if ["no such", "not allowed", "does not exist", "authentication failed"].contains(where: message.contains) {
            return DatabaseError(
                .unfit, "the pooler before \(place) does not know the database or the user, or refuses the password",
                hint: "make the database (createdb --encoding=UTF8), add the user to PgBouncer's auth_file, or name the server itself")
        }
        if message.contains("max_client_conn") || message.contains("wait_timeout") || message.contains("too many") {
            return DatabaseError(
                .busy, "the pooler before \(place) has no connection to spare",
                hint: "raise default_pool_size or max_client_conn in pgbouncer.ini")
        }
        return DatabaseError(
            .lost, "the connection to \(place) broke" + (message.isEmpty ? "" : ": \(message)"),
            hint: "run the command again when the server can be reached: what was committed is kept")
    }

    /// Why no connection came about: by the code in the server's refusal, else by libpq's own words.
    init(connecting message: String, to location: PostgresLocation) {
        let place = location.description
        if let state = Self.state(in: message) {
            if let known = Self(state: state, at: place, message: state.hasPrefix("08") ? Self.words(in: message, after: state) : "") {
                self = known
                if message.contains("no pg_hba.conf entry") {
                    self.message = "\(place) lets nobody in from this machine, as this user, or in this way"
                    hint = "add a line to the server's pg_hba.conf, with hostssl where it asks for TLS"
                }
                return
            }
            self.init(.unfit, "\(place) refuses the connection (\(state))", hint: "the server's log says why")
            return
        }
        for (words, reason) in Self.reasons where message.contains(words) {
            self.init(reason.code, "\(place) \(reason.message)", hint: reason.hint)
            return
        }
        self.init(.lost, "\(place) can't be reached", hint: "check that the server runs and that the address is right")
    }

    private typealias Reason = (code: Code, message: String, hint: String)

    private static let reasons: [(words: String, reason: Reason)] = [
        ("no password supplied", (.unfit, "asks for a password", "give it in PITWALL_DATABASE_PASSWORD, PGPASSWORD or ~/.pgpass")),
        (
            "does not match host name",
            (.unfit, "shows a certificate for another name", "use the name in the certificate, or have a certificate made for this one")
        ),
        (
            "root certificate file",
            (.unfit, "can't be verified: there is no list of trusted certificates", "name one with ?sslrootcert=FILE in the URL")
        ),
        (
            "certificate verify failed",
            (
                .unfit, "shows a certificate that nobody vouches for, or that has expired",
                "name the authority's certificate with ?sslrootcert=FILE in the URL, the whole path"
            )
        ),
        (
            "server does not support SSL",
            (.unfit, "offers no TLS", "set ssl = on there, or say ?sslmode=disable in the URL where the network is your own")
        ),
        ("SSL error", (.unfit, "can't be talked to over TLS", "the server's log says why; ssl_min_protocol_version may differ")),
        ("could not translate host name", (.unfit, "has a host name that is not known", "check the name under `database:`")),
        ("invalid ", (.unfit, "has a setting in its URL that can't be read", "see the manual of libpq for what may follow the ?")),
        ("Connection refused", (.lost, "can't be reached: nothing listens there", "start the server, or check host and port")),
        ("No such file or directory", (.lost, "can't be reached: nothing listens there", "start the server, or check host and port")),
        ("server closed the connection unexpectedly", (.lost, "closed the connection", "the server's log says why")),
    ]

    /// What follows a code, up to the end of its line.
    private static func words(in message: String, after state: String) -> String {
        guard let start = message.range(of: state + ": ", options: .backwards)?.upperBound else { return "" }
        return String(message[start...].prefix { $0 != "\n" })
    }

    /// `FATAL:  28P01: …`, in whatever language the first word is.
    private static func state(in message: String) -> String? {
        for line in message.split(separator: "\n").reversed() {
            for part in line.split(separator: ":") {
                let word = part.drop { $0 == " " }
                let isState = word.utf8.count == 5 && word.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
                if isState, word.utf8.contains(where: { (0x30...0x39).contains($0) }), part.hasPrefix("  ") { return String(word) }
            }
        }
        return nil
    }
}
