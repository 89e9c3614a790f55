import Diagnostics
import Foundation
import Testing
import Workspace

/// A folder of its own for each test, removed afterwards.
private final class Folder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "pitwall-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func write(_ name: String, _ text: String = "x") throws {
        let url = URL(fileURLWithPath: path).appendingPathComponent(name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: "\(path)/\(name)", withDestinationPath: target)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct FileSourceTests {
    @Test(arguments: ["/etc/passwd", "..", "../x", "a/../../x", "a/./b", "a//b", "", "a/", "a\u{0}b", "a\nb"])
    func `a path that could leave the workspace is refused`(path: String) throws {
        let folder = try Folder()
        #expect(throws: WorkspaceError.self) { try DiskFiles(root: folder.path).read(path) }
        #expect(throws: WorkspaceError.self) { try FrozenFiles(texts: [:]).read(path) }
    }

    @Test func `links are followed within the workspace and refused out of it`() throws {
        let folder = try Folder()
        let outside = try Folder()
        try outside.write("secret", "s")
        try folder.write("Templates/a.md", "hello")
        try folder.link("inside", to: "Templates/a.md")
        try folder.link("out", to: "\(outside.path)/secret")
        try folder.link("folder", to: outside.path)
        try folder.link("dangling", to: "nowhere")
        let files = try DiskFiles(root: folder.path)
        #expect(try files.read("inside") == Array("hello".utf8))
        #expect(try files.read("dangling") == nil)
        #expect(throws: WorkspaceError.self) { try files.read("out") }
        #expect(throws: WorkspaceError.self) { try files.read("folder/secret") }
        #expect(throws: WorkspaceError.self) { try files.list("folder") }
        #expect(try files.list("") == ["Templates/a.md", "inside"])
    }

    @Test func `a folder and a pipe are no files, and what is not there is nil`() throws {
        let folder = try Folder()
        try folder.write("Templates/a.md")
        #expect(mkfifo("\(folder.path)/pipe", 0o600) == 0)
        let files = try DiskFiles(root: folder.path)
        #expect(throws: WorkspaceError.self) { try files.read("Templates") }
        #expect(throws: WorkspaceError.self) { try files.read("pipe") }
        #expect(try files.read("Templates/none.md") == nil)
        #expect(try files.read("Templates/a.md/x") == nil)
        #expect(try files.list("None") == [])
    }

    @Test func `files are listed in order, without hidden ones`() throws {
        let folder = try Folder()
        for name in ["b.md", "a/z.md", "a/b/c.md", ".git/config", "a/.hidden"] { try folder.write(name) }
        let files = try DiskFiles(root: folder.path)
        #expect(try files.list("") == ["a/b/c.md", "a/z.md", "b.md"])
        #expect(try files.list("a") == ["a/b/c.md", "a/z.md"])
        #expect(try FrozenFiles(texts: ["a/z": "", "ab": "", "a/b": ""]).list("a") == ["a/b", "a/z"])
    }

    @Test func `what was read is frozen, and later changes are named`() throws {
        let folder = try Folder()
        try folder.write("a.md", "one")
        try folder.write("b.md", "two")
        let disk = try DiskFiles(root: folder.path)
        let recording = RecordingFiles(disk)
        _ = try recording.read("a.md")
        _ = try recording.read("none.md")
        try folder.write("a.md", "changed")
        #expect(try recording.read("a.md") == Array("one".utf8))
        #expect(recording.frozen.files == ["a.md": Array("one".utf8)])
        #expect(recording.frozen.changes(in: disk) == ["a.md"])
        // What was frozen is there, whatever stands in its place now.
        try FileManager.default.removeItem(atPath: "\(folder.path)/a.md")
        try folder.write("a.md/in-a-folder", "x")
        #expect(throws: WorkspaceError.self) { try disk.read("a.md") }
        #expect(recording.frozen.changes(in: disk) == ["a.md"])
    }

    @Test func `the nearest folder with settings is the workspace`() throws {
        let folder = try Folder()
        try folder.write("outer/pitwall.yaml")
        try folder.write("outer/inner/pitwall.yaml")
        try folder.write("outer/inner/deep/er/x")
        #expect(try WorkspaceFolder.nearest(above: "\(folder.path)/outer/inner/deep/er") == "\(folder.path)/outer/inner")
        #expect(throws: WorkspaceError.self) { try WorkspaceFolder.nearest(above: folder.path) }
    }
}

@Suite struct FrontMatterTests {
    @Test(arguments: [
        ("---\na: 1\n---\nbody", "1", "body"), ("\u{FEFF}---\r\na: 1\r\n---\r\nbody", "1", "body"), ("body", nil, "body"),
        ("--- \na: 1\n---", "1", ""), ("---\n---\nbody", nil, "body"), ("----\nx\n---\n", nil, "----\nx\n---\n"), ("", nil, ""),
        ("---\na: |\n  x\n---\n---\n", "x", "---\n"),
    ])
    func `a file is parted into front matter and body`(text: String, value: String?, body: String) throws {
        let source = SourceText(name: "x.md", text: text)
        let parts = try splitFrontMatter(source)
        var reader = YAMLReader(source)
        let fields = reader.fields(of: parts.front, known: ["a"])
        #expect(reader.text(fields["a"]) == value)
        #expect(source.text(in: parts.bodySpan) == body)
    }

    @Test func `front matter that is never closed is an error`() {
        let source = SourceText(name: "x.md", text: "---\na: 1\n\n# Title\n")
        #expect(complaint { _ = try splitFrontMatter(source) }.hasPrefix("x.md:1:1: error: this opens front matter"))
    }

    @Test func `positions count from the start of the file`() {
        let source = SourceText(name: "x.md", text: "---\na: 1\nb: [\n---\n")
        #expect(complaint { _ = try splitFrontMatter(source) }.hasPrefix("x.md:"))
        let other = SourceText(name: "x.md", text: "---\na: &x 1\n---\n")
        #expect(complaint { _ = try splitFrontMatter(other) }.hasPrefix("x.md:2:4: error: anchors"))
    }
}
