import Diagnostics
import TestDatabases
import Testing

@testable import Campaigns

@Suite(.onEachDatabase) struct SegmentFilesTests {
    @Test(arguments: ["My Segment", ".hidden", "a:b", "sub/deep"])
    func `a file that no segment can be called after is a mistake, not a segment less`(_ name: String) throws {
        var desk = try WorkspaceDesk()
        desk.files["Segments/\(name).segment"] = "first_name is known\n"
        let files = SegmentFiles(try desk.workspace.files)
        try #require(try files.names().contains(name))
        let mistakes = #expect(throws: DiagnosticList.self) { try files.plan(name, against: nil) }
        #expect(mistakes?.items.first?.message == "no segment can be called \"\(name)\"")
        #expect(try files.plan("My Other", against: nil) == nil)
    }
}
