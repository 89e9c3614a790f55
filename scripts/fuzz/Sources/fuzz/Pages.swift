import Diagnostics
import Templating
import Workspace

/// Any bytes as a page with styles: it compiles, with its styles written into its elements, or says where it does not.
@Sendable func inliner(_ bytes: [UInt8]) {
    let page = Array("---\nsubject: S\n---\n".utf8) + bytes
    do {
        let message = try TemplateLibrary(files: FrozenFiles(["Templates/m.html": page])).load("m", for: TemplateUse(kind: .service))
        for warning in message.warnings { _ = warning.description }
    } catch {
        _ = error.description
    }
}
