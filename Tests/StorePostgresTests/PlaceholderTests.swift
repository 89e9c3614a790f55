import Testing

@testable import StorePostgres

@Suite struct PlaceholderTests {
    @Test(arguments: [
        ("SELECT ?, ?", "SELECT $1, $2"), ("SELECT ?2, ?1", "SELECT $2, $1"), ("SELECT '?', \"?\", ?", "SELECT '?', \"?\", $1"),
        ("SELECT 'it''s ?', ?", "SELECT 'it''s ?', $1"), ("", ""), ("SELECT ?12", "SELECT $12"),
    ])
    func `places for arguments are numbered, but not inside quotes`(text: String, numbered: String) {
        #expect(Placeholders.numbered(text) == numbered)
    }
}
