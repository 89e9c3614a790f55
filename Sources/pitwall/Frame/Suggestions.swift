import Campaigns
import Diagnostics

/// The nearest known name for one that is not known.
enum Suggestions {
    static func topic(_ name: String, in workspace: OpenWorkspace) -> String? {
        suggestion(for: name, among: workspace.topicNames)
            ?? (workspace.topicNames.isEmpty ? nil : "there are: \(workspace.topicNames.joined(separator: ", "))")
    }
}
