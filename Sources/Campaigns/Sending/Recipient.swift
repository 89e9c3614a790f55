package import Model
import Store

/// Who a message is made for: the contact as it is now, the address it goes to, and which row of the ledger it is.
package struct Recipient: Sendable {
    package var contact: Contact
    package var address: EmailAddress
    package var step: Int64
    package var entry: Int64

    package init(contact: Contact, address: EmailAddress, step: Int64 = DeliveryKey.campaignStep, entry: Int64 = 0) {
        self.contact = contact
        self.address = address
        self.step = step
        self.entry = entry
    }
}
