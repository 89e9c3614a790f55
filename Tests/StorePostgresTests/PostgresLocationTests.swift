import Database
import Testing

@testable import StorePostgres

@Suite struct PostgresLocationTests {
    private func value(_ keyword: String, _ location: PostgresLocation) -> String? {
        location.parameters.last { $0.keyword == keyword }?.value
    }

    @Test(arguments: [
        ("postgres://anna:geheim@db.example.com:6432/news", "news at db.example.com:6432", false),
        ("postgresql://127.0.0.1/news", "news at 127.0.0.1", true), ("postgres:///news", "news on this machine", true),
        ("postgres://localhost/", "the database at localhost", true),
        ("postgres:///news?host=/run/postgresql", "news at /run/postgresql", true),
        ("postgres://a,b/news", "news at a,b", false),
    ])
    func `a URL says what and where, without the password`(url: String, description: String, isLocal: Bool) throws {
        let location = try PostgresLocation(url, environment: [:])
        #expect(location.description == description && location.isLocal == isLocal)
    }

    @Test func `off this machine the server's certificate is verified unless somebody says otherwise`() throws {
        #expect(try value("sslmode", PostgresLocation("postgres://db.example.com/news", environment: [:])) == "verify-full")
        #expect(try value("sslmode", PostgresLocation("postgres://db.example.com/news", environment: ["PGSSLMODE": "require"])) == nil)
        #expect(try value("sslmode", PostgresLocation("postgres://127.0.0.1/news", environment: [:])) == nil)
    }

    @Test func `a password that is given goes before the URL's`() throws {
        let location = try PostgresLocation("postgres://anna:old@127.0.0.1/news", password: "new", environment: [:])
        let place = try #require(location.parameters.firstIndex { $0.keyword == "password" })
        let url = try #require(location.parameters.firstIndex { $0.keyword == "dbname" })
        #expect(location.parameters[place].value == "new" && place > url)
    }

    @Test(arguments: ["postgres://anna:ge%zzheim@db/news", "postgres://db/news?sekret=geheim", "mysql://geheim@db/news", "geheim"])
    func `a URL that can't be read is refused without being quoted`(url: String) throws {
        let error = #expect(throws: DatabaseError.self) { _ = try PostgresLocation(url, environment: [:]) }
        #expect(error?.description.contains("heim") == false && error?.hint != nil && error?.code == .unfit)
    }

    @Test(arguments: [
        ("postgres://db/news?sslmod=require", "does not know: sslmod", "sslmode"),
        ("postgres://db/news?connect_timeout=5&nonsense=1", "does not know: nonsense", "manual"),
        ("postgres://db:99999/news", "a port that is none: 99999", "65535"), ("postgres://a:1,b:0/news", "a port that is none: 0", "65535"),
        ("postgres://db/news?port=x", "a port that is none: x", "65535"),
    ])
    func `what is wrong in a URL is named where it is no secret`(url: String, words: String, hint: String) throws {
        let error = #expect(throws: DatabaseError.self) { _ = try PostgresLocation(url, environment: [:]) }
        #expect(error?.message.contains(words) == true && error?.hint?.contains(hint) == true && error?.code == .unfit)
    }
}
