extension RefusalClass {
    /// What the servers of this world say, in lower case, and in the order in which it is asked: what is about us before what is about
    /// the recipient, since "recipient rejected: client not authenticated" says nothing of the recipient.
    static let phrases: [(refusal: RefusalClass, phrases: [String])] = [
        // Exchange's groups and mailboxes that take mail from their own house only say that they want a login.
        (.policy, ["only accepts mail from", "resolver.rst.", "only accepts messages from"]),
        (.relayTrouble, ["too many hops"]),
        (
            .login,
            [
                "authentication required", "authentication is required", "must be authenticated", "must authenticate",
                "client was not authenticated", "authentication failed", "invalid login", "please log in first",
                "your account has been disabled", "your account is disabled", "your account has been suspended",
                "your account is suspended", "your account is inactive", "your account has been locked", "your smtp account",
                "sending paused", "sending is paused", "sending has been suspended", "sending suspended",
            ]
        ),
        (
            .sender,
            [
                "relay access denied", "relaying denied", "relay not permitted", "relaying not allowed", "relaying prohibited",
                "unable to relay", "not permitted to relay", "we do not relay", "client host rejected", "helo command rejected",
                "sender address rejected", "sender verify failed", "not allowed to send as", "not owned by user",
                "domain of sender address", "sender domain must exist", "sender domain does not exist", "sender's domain does not exist",
                "sender domain not found", "sender address has null mx", "sender address does not exist", "sender does not exist",
                "invalid dns mx or a/aaaa", "relaying disallowed", "relaying is not allowed", "email address is not verified",
                "identities failed the check", "verified sender", "sender identity", "sender signature",
                "unconfigured sending domain", "sending domain is not", "unregistered domain", "not match the authenticated", "in helo",
                "helo host", "helo name", "bad helo", "invalid helo", "ehlo name",
            ]
        ),
        (
            .spamVerdict,
            [
                "uribl", "surbl", "url in the message is listed", "message contains a url", "considered spam", "classified as spam",
                "identified as spam", "detected as spam", "looks like spam", "spam message rejected", "message rejected as spam",
                "spam detected", "spam content", "high spam", "spam score", "likely unsolicited mail", "suspected spam",
                "message content rejected", "junk mail", "content blocked", "high probability of spam", "content restrictions",
            ]
        ),
        (
            .authentication,
            [
                "dmarc", "spf check", "spf fail", "spf record", "dkim", "unauthenticated email", "unauthenticated mail",
                "not authenticated",
                "sender id (pra)", "reverse dns", "reverse hostname", "ptr record", "cannot find your hostname",
                "cannot find your reverse hostname", "does not meet the required authentication", "not accepted for policy reasons",
            ]
        ),
        (
            .throttled,
            [
                "too many", "rate limit", "ratelimit", "rate-limit", "throttl", "too fast", "too quickly", "unusual rate", "at a rate that",
                "sending limit", "sending quota", "exceeded the maximum number of connections", "unexpected volume", "excessive volume",
                "slow down", "unusual sending", "message rate", "connection rate", "concurrent connections", "server busy",
                "server is busy",
            ]
        ),
        (
            .blocked,
            [
                "blocked using", "spamhaus", "spamcop", "barracuda", "blacklist", "blocklist", "block list", "black list", "rbl", "dnsbl",
                "sorbs", "bad reputation", "low reputation", "poor reputation", "ip reputation", "reputation of the sending",
                "banned sending ip", "ip is blocked", "address is blocked", "ip has been blocked", "address has been blocked",
                "block list (", "complaints", "access denied, banned", "ip address is listed",
            ]
        ),
        (.greylisted, ["greylist", "graylist", "grey-list", "greylisting", "please try again in", "come back later", "first time sender"]),
        (
            .mailboxFull,
            [
                "mailbox full", "mailbox is full", "over quota", "overquota", "quota exceeded", "exceeded quota", "exceeds quota",
                "exceeded storage", "out of storage", "not enough storage", "storage allocation", "inbox is full", "insufficient space",
                "quotaexceeded", "mailfolder is full", "mail box full",
            ]
        ),
        (
            .tooBig,
            [
                "message too large", "message too big", "message size", "size exceeds", "exceeds size", "maximum allowed size",
                "exceeds maximum",
            ]
        ),
        (
            .noSuchUser,
            [
                "user unknown", "unknown user", "no such user", "no such recipient", "no such mailbox", "no such account", "does not exist",
                "doesn't exist", "doesn't have a", "user not found", "recipient not found", "mailbox not found", "recipientnotfound",
                "address unknown", "unknown address", "unknown recipient", "recipient unknown", "invalid recipient", "invalid mailbox",
                "mailbox unavailable", "mailbox is unavailable", "mailbox disabled", "mailbox is disabled", "account is disabled",
                "account has been disabled", "account disabled", "account that you tried to reach is disabled", "unrouteable address",
                "unroutable address", "no mailbox here", "not a valid mailbox", "not a known user", "user is unknown", "unknown local",
                "account is unavailable", "inactive", "recipient address rejected: access denied", "not our customer", "no longer valid",
                "no longer available", "user doesn't", "not listed in domino", "bad destination", "nullmx", "null mx", "domain not found",
                "host or domain name not found", "host unknown", "unknown host", "no such domain",
                "domain does not exist", "user not exist", "address couldn't be found", "indicated no smtp service",
            ]
        ),
        (
            .policy,
            [
                "policy", "not allowed", "access denied", "not accepted", "administrative prohibition", "administratively", "prohibited",
                "restricted", "only accepts mail from", "not authorized", "rejected by recipient",
                "recipient preferences",
            ]
        ),
        (
            .relayTrouble,
            [
                "insufficient system storage", "system storage", "internal error", "local error", "temporary failure",
                "temporarily unavailable", "lookup failure", "server configuration", "out of memory", "queue file write error",
                "service not available", "shutting down", "local problem", "unexpected name server reply",
            ]
        ),
    ]

    static let phrasesInBytes: [(refusal: RefusalClass, phrases: [[UInt8]])] = phrases.map { row in
        (refusal: row.refusal, phrases: row.phrases.map { Array($0.utf8) })
    }
}
