import Delivery
import Foundation
import Testing

@Suite struct RefusalClassTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var reply: String
        var refusal: RefusalClass
        /// Whom the reply names.
        var provider: String?
        var testDescription: String { reply }

        init(_ refusal: RefusalClass, _ reply: String, _ provider: String? = nil) {
            (self.reply, self.refusal, self.provider) = (reply, refusal, provider)
        }
    }

    /// In the servers' own style, shortened.
    static let cases = [
        // Gmail
        Case(
            .noSuchUser,
            "550 5.1.1 The email account that you tried to reach does not exist. https://support.google.com/mail/?p=NoSuchUser x - gsmtp",
            "google"),
        Case(.noSuchUser, "550 5.2.1 The email account that you tried to reach is disabled. - gsmtp", "google"),
        Case(.throttled, "450 4.2.1 The user you are trying to contact is receiving mail too quickly. - gsmtp", "google"),
        Case(
            .throttled,
            "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages - gsmtp", "google"),
        Case(.mailboxFull, "452 4.2.2 The email account that you tried to reach is over quota. - gsmtp", "google"),
        Case(.mailboxFull, "552 5.2.2 The email account that you tried to reach is over quota. - gsmtp", "google"),
        Case(
            .throttled, "421 4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP address. - gsmtp",
            "google"),
        Case(.throttled, "550 5.4.5 Daily user sending limit exceeded. gsmtp", "google"),
        Case(.throttled, "421 4.7.0 Try again later, closing connection. gsmtp", "google"),
        Case(
            .authentication, "550 5.7.26 This mail is unauthenticated, which poses a security risk to the sender and Gmail users. gsmtp",
            "google"),
        Case(
            .authentication, "550 5.7.26 Unauthenticated email from example.com is not accepted due to domain's DMARC policy. gsmtp",
            "google"),
        Case(.authentication, "421 4.7.27 Your email has been rate limited because SPF authentication didn't pass - gsmtp", "google"),
        Case(.authentication, "550 5.7.25 The IP address sending this message does not have a PTR record setup - gsmtp", "google"),
        Case(
            .authentication, "421 4.7.29 Your email has been rate limited because this message wasn't sent over a TLS connection. gsmtp",
            "google"),
        Case(.spamVerdict, "550 5.7.1 Our system has detected that this message is likely unsolicited mail. - gsmtp", "google"),
        Case(
            .blocked,
            "550 5.7.1 Our system has detected that this message is suspicious due to the very low reputation of the sending domain. - gsmtp",
            "google"),
        Case(.tooBig, "552 5.3.4 Your message exceeded Google's message size limits.", nil),
        Case(.login, "534 5.7.9 Application-specific password required. gsmtp", "google"),
        Case(.login, "535 5.7.8 Username and Password not accepted. gsmtp", "google"),
        Case(.login, "530 5.7.0 Authentication Required. gsmtp", "google"),
        // Outlook.com and Exchange Online
        Case(
            .noSuchUser, "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302). [x.prod.protection.outlook.com]",
            "microsoft"),
        Case(
            .noSuchUser, "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [x.eop-nam11.prod.protection.outlook.com]",
            "microsoft"),
        Case(.noSuchUser, "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
        Case(
            .blocked, "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Your network is on our block list (S3140).",
            "microsoft"),
        Case(.throttled, "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation. (S775)"),
        Case(
            .throttled, "451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (S77719) [x.prod.protection.outlook.com]",
            "microsoft"),
        Case(.authentication, "550 5.7.515 Access denied, sending domain EXAMPLE.COM does not meet the required authentication level."),
        Case(.authentication, "550 5.7.509 Access denied, sending domain example.com does not pass DMARC verification"),
        Case(.blocked, "550 5.7.606 Access denied, banned sending IP [192.0.2.1]."),
        Case(.blocked, "550 5.7.511 Access denied, banned sender [192.0.2.1]. Forward to delist@messaging.microsoft.com"),
        Case(.sender, "550 5.7.60 SMTP; Client does not have permissions to send as this sender"),
        Case(.login, "530 5.7.57 Client not authenticated to send mail."),
        Case(.login, "535 5.7.139 Authentication unsuccessful, basic authentication is disabled."),
        Case(.mailboxFull, "552 5.2.2 STOREDRV.Deliver; mailbox full. The mailbox for this user has exceeded its quota"),
        Case(.mailboxFull, "554 5.2.0 STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded"),
        Case(.relayTrouble, "452 4.3.1 Insufficient system resources (UsedDiskSpace)"),
        Case(.tooBig, "552 5.3.4 Message size exceeds fixed maximum message size"),
        // Yahoo
        Case(.noSuchUser, "552 1 Requested mail action aborted, mailbox not found"),
        Case(
            .noSuchUser, "554 delivery error: dd This user doesn't have a yahoo.com account (a@yahoo.com) [0] - mta1.mail.yahoo.com",
            "yahoo"),
        Case(.noSuchUser, "554 30 Sorry, your message cannot be delivered. This mailbox is disabled (554.30)."),
        Case(
            .throttled, "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints",
            "yahoo"),
        Case(.throttled, "451 4.7.1 [TSS09] Too many messages", "yahoo"),
        Case(
            .authentication, "554 5.7.9 Message not accepted for policy reasons. See https://postmaster.yahooinc.com/error-codes", "yahoo"),
        Case(.blocked, "553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, because the ip is in Spamhaus's list"),
        // Postfix
        Case(.noSuchUser, "550 5.1.1 <a@example.com>: Recipient address rejected: User unknown in local recipient table"),
        Case(.noSuchUser, "550 5.1.1 <gmail@gmail.com>: Recipient address rejected: User unknown in virtual mailbox table"),
        Case(.sender, "554 5.7.1 <a@example.com>: Relay access denied"),
        Case(.sender, "554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied"),
        Case(.sender, "450 4.1.8 <a@example.com>: Sender address rejected: Domain not found"),
        Case(.sender, "553 5.7.1 <news@example.com>: Sender address rejected: not owned by user ada"),
        Case(.blocked, "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org"),
        Case(.greylisted, "450 4.2.0 <a@example.com>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch"),
        Case(.greylisted, "451 4.7.1 Greylisting in action, please come back later"),
        Case(.mailboxFull, "452 4.2.2 <a@example.com> Mailbox full"),
        Case(.relayTrouble, "452 4.3.1 Insufficient system storage"),
        Case(.relayTrouble, "451 4.3.0 <a@example.com>: Temporary lookup failure"),
        Case(.relayTrouble, "421 4.3.2 Service shutting down"),
        Case(.throttled, "421 4.7.0 host Error: too many connections from 192.0.2.1"),
        Case(.tooBig, "552 5.3.4 Message size exceeds fixed limit"),
        Case(.spamVerdict, "550 5.7.1 Message content rejected, id=1-2 - spam"),
        Case(.authentication, "450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]"),
        // Exim
        // Some give the code of an unknown user to whatever they refuse.
        Case(.throttled, "550 5.1.1 <a@example.com> - 203.0.113.2 has sent to too many recipients this hour. IB607"),
        Case(.blocked, "553 5.1.3 http://www.spamhaus.org/query/bl?ip=203.0.113.2"),
        Case(.noSuchUser, "550 5.1.1 user unknown; too many of these and we block you"),
        Case(.noSuchUser, "550 Host unknown (authoritative answer from name server)"),
        Case(.noSuchUser, "550 Unrouteable address"),
        Case(.noSuchUser, "550 No Such User Here"),
        Case(.sender, "550 relay not permitted"),
        Case(.sender, "550 Sender verify failed"),
        Case(.mailboxFull, "552 Mailbox is full / Blocks limit exceeded / Inode limit exceeded"),
        Case(.spamVerdict, "550 This message was classified as SPAM and may not be delivered"),
        Case(.greylisted, "451 Temporarily greylisted, please try again in 5 minutes"),
        Case(.relayTrouble, "451 Temporary local problem - please try later"),
        // GMX, web.de, IONOS, T-Online, Orange, Libero, Apple, mail.ru
        Case(
            .noSuchUser,
            "550 Requested action not taken: mailbox unavailable For explanation visit https://postmaster.gmx.net/en/error-messages", "gmx"),
        Case(
            .blocked, "554 gmx.net (mxgmx017) Nemesis ESMTP Service not available No SMTP service Bad DNS PTR: IP address is blocked", "gmx"
        ),
        Case(
            .throttled,
            "450 Requested mail action not taken: mailbox unavailable Mail send limit exceeded: too many mails https://postmaster.web.de",
            "gmx"),
        Case(.blocked, "554 IP=192.0.2.1 - None/bad reputation. Ask your postmaster for help or to contact tobr@rx.t-online.de to clear."),
        Case(.throttled, "421 4.7.0 OFR_108 [108] Too many connections, slow down. orange.fr", "orange"),
        Case(.noSuchUser, "550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416 [416]"),
        Case(.mailboxFull, "552 5.2.2 <a@libero.it> Mailbox over quota"),
        Case(.policy, "550 5.7.1 Your email was rejected due to having a local policy. [CS01] icloud.com", "apple"),
        Case(.spamVerdict, "550 spam message rejected. Please visit http://help.mail.ru/notspam-support", "mail.ru"),
        // Others
        Case(.noSuchUser, "550 5.1.2 Host or domain name not found"),
        Case(.noSuchUser, "556 5.1.10 Recipient address has null MX"),
        Case(.throttled, "454 4.7.0 Throttling failure: Maximum sending rate exceeded."),
        Case(.throttled, "454 Throttling failure: Daily message quota exceeded."),
        Case(.sender, "554 5.1.8 Email address is not verified"),
        Case(.policy, "554 5.7.1 Delivery not authorized, message refused"),
        Case(.policy, "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; only accepts mail from people inside"),
        Case(.throttled, "421 closing"),
        // What is about us, in words that else are about a recipient.
        Case(.sender, "550 Sender's domain does not exist"),
        Case(.sender, "550 5.7.1 Sender domain does not exist"),
        Case(.sender, "550 Requested action not taken: mailbox unavailable\nSender address has null MX"),
        Case(.sender, "550 Requested action not taken: mailbox unavailable invalid DNS MX or A/AAAA resource record"),
        Case(.sender, "550 5.7.1 HELO host unknown"),
        Case(.sender, "550 Unknown host in HELO"),
        Case(.sender, "550 5.1.1 relaying denied"),
        Case(.sender, "553 Relaying disallowed as news@example.com"),
        Case(
            .sender,
            "554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: a@b.example"
        ),
        Case(.sender, "550 The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved."),
        Case(.sender, "550 5.7.1 news@example.com is not a Sender Signature on your account"),
        Case(.sender, "550 5.7.1 Unconfigured Sending Domain <example.com>"),
        Case(.sender, "550 5.7.506 Access Denied, Bad HELO"),
        Case(.sender, "550 5.7.750 Service unavailable. Client blocked from sending from unregistered domains"),
        Case(.login, "550 5.1.1 Authentication required"),
        Case(.login, "550 5.0.0 Your account has been disabled for sending spam"),
        Case(.login, "550 Your account is inactive, payment overdue"),
        Case(.login, "554 Sending paused for this account. For more information, please check the inbox"),
        Case(.login, "502 5.7.0 Your SMTP account is not yet activated"),
        Case(.login, "550 5.7.1 Sending has been suspended on your account"),
        Case(.login, "554 5.7.1 Your account has been suspended"),
        Case(.policy, "550 5.1.1 RESOLVER.RST.AuthRequired; authentication required"),
        Case(.authentication, "550 SPF record for your domain does not exist"),
        Case(.throttled, "550 5.1.1 Too many unknown users from your ip"),
        Case(.throttled, "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients"),
        Case(.throttled, "550 5.4.6 Unusual sending activity detected. Please try after sometime"),
        Case(.blocked, "550 5.7.501 Access denied, spam abuse detected"),
        Case(.spamVerdict, "550 5.1.1 Message rejected due to content restrictions"),
        Case(.unknown, "554 Transaction failed"),
        Case(.unknown, "554 5.6.0 bad content"),
        Case(.unknown, "450 no"),
        Case(.relayTrouble, "554 5.4.6 Too many hops"),
    ]

    static func reply(_ text: String) -> Reply { Reply(code: Int(text.prefix(3)) ?? 0, lines: [String(text.dropFirst(4))]) }

    @Test(arguments: cases) func `a refusal is of the class that its server means`(row: Case) {
        let reply = Self.reply(row.reply)
        #expect(RefusalClass(of: reply) == row.refusal)
        #expect(KnownProvider(namedIn: reply)?.name == row.provider)
    }

    @Test func `every class has one row of the table, in the order of the classes`() {
        #expect(RefusalClass.table.map(\.refusal) == RefusalClass.allCases)
    }

    @Test func `the table in docs/delivery.md is the one in the code`() throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../docs/delivery.md")
        let rows = try String(contentsOf: page, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("| **") }
        let expected = RefusalClass.table.map {
            "| **\($0.refusal.rawValue)** | \($0.meaning) | \($0.temporary.rawValue) | \($0.permanent.rawValue) |"
        }
        #expect(rows.map { String($0) } == expected)
    }

    @Test func `a temporary refusal is always tried again, and nobody is suppressed for what is about us`() {
        for row in RefusalClass.table {
            #expect([.retry, .retrySlower].contains(row.temporary))
            #expect((row.permanent == .suppress) == (row.refusal == .noSuchUser))
        }
        for refusal in [RefusalClass.login, .sender, .authentication, .blocked] {
            #expect(refusal.remedy(for: Reply(code: 550)).burnsNobody)
        }
    }

    @Test func `words that only stand in the recipient's address name nobody`() {
        #expect(KnownProvider(namedIn: Self.reply("550 5.7.26 <ada.yahoo@gmail.com>: not authenticated")) == nil)
    }

    @Test func `a reply without a word and one of nothing but bytes are unknown`() {
        #expect(RefusalClass(of: Reply(code: 550)) == .unknown)
        #expect(RefusalClass(of: Reply(code: 450, text: String(repeating: "\u{FFFD}é", count: 100))) == .unknown)
    }
}
