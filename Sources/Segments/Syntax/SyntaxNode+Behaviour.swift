package import Model

/// An event and which of its kind: `purchase where (amount > 10)`
package struct WrittenEvent: Hashable, Sendable {
    package var name: Name
    package var filter: SyntaxNode?

    package init(name: Name, filter: SyntaxNode? = nil) {
        self.name = name
        self.filter = filter
    }
}

/// `did cart_added then purchase within 2 hours with same cart_id in last 7 days`
package struct WrittenSequence: Hashable, Sendable {
    package var first: WrittenEvent
    package var second: WrittenEvent
    /// `then not`: the second did not follow in that time, which has passed.
    package var negated: Bool
    package var within: TimeSpan
    /// The property in which both are the same.
    package var same: Name?
    /// When the first happened.
    package var window: Window?
}

/// `sum of purchase.amount in last 90 days >= 100`
package struct WrittenAmount: Hashable, Sendable {
    package enum Function: String, CaseIterable, Hashable, Sendable {
        case sum, count, avg, min, max, distinct

        /// Of events as such, not of one of their properties.
        var isOfEvents: Bool { self == .count }
        var takesNumbersOnly: Bool { self != .count && self != .distinct }
    }

    package enum Test: Hashable, Sendable {
        case compare(Comparison, Number)
        /// `in top 20%`
        case top(Number)
    }

    package var function: Function
    package var event: WrittenEvent
    package var property: Name?
    package var window: Window?
    package var test: Test
}

/// `last purchase more than 60 days ago`, `last purchase.category = "shoes"`
package struct WrittenEdge: Hashable, Sendable {
    package enum End: String, CaseIterable, Hashable, Sendable {
        case first, last
    }

    package enum Test: Hashable, Sendable {
        case time(Window)
        case property(WrittenValueTest)
    }

    package var end: End
    package var event: WrittenEvent
    package var test: Test
}

/// What became of messages: `opened spring-launch at least 2 times in last 30 days`, `received fewer than 2 messages today`
package struct WrittenEngagement: Hashable, Sendable {
    package enum Act: String, CaseIterable, Hashable, Sendable {
        case sent = "was sent"
        case opened, clicked, bounced, complained
        /// Said of those who were sent it.
        case notOpened = "did not open"
        case notClicked = "did not click"
        case received
    }

    package var act: Act
    /// What the address of a clicked link contains.
    package var link: String?
    /// Nil for `any`.
    package var campaign: Name?
    package var times: Times?
    package var window: Window?
}
