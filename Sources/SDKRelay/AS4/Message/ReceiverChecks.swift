import Foundation
import XMLSecurity

/// Whether an authenticated message suits this node's processing mode. Numbered; each names its field.
enum ReceiverChecks {
  static func check(_ message: UserMessage, ours: [String], mode: ProcessingMode, now: Date) throws(EbMSError) {
    // 1. To is this access point.
    guard ours.contains(where: { sameBytes($0, message.to.partyID) }) else {
      throw EbMSError(
        .processingModeMismatch, "eb:To/eb:PartyId \(shown(message.to.partyID)) is not this access point")
    }
    // 2. Both ids are of the federation's type.
    for (side, party) in [("From", message.from), ("To", message.to)] where party.type != mode.partyType {
      throw EbMSError(
        .valueNotRecognized, "eb:\(side)/eb:PartyId/@type \(shown(party.type ?? "")) is not \(mode.partyType)")
    }
    // 3. Roles.
    guard message.from.role == mode.initiatorRole else {
      throw EbMSError(.valueNotRecognized, "eb:From/eb:Role \(shown(message.from.role)) is not \(mode.initiatorRole)")
    }
    guard message.to.role == mode.responderRole else {
      throw EbMSError(.valueNotRecognized, "eb:To/eb:Role \(shown(message.to.role)) is not \(mode.responderRole)")
    }
    // 4. Channel.
    guard message.mpc == nil || message.mpc == mode.mpc else {
      throw EbMSError(.valueNotRecognized, "eb:UserMessage/@mpc \(shown(message.mpc ?? "")) is not \(mode.mpc)")
    }
    // 5. Time: neither from the future nor older than duplicates are remembered.
    try checkTime(message.timestamp, mode: mode, now: now)
    // A ping asks no more (TA16).
    guard !message.isPing else { return }
    // 6. Service. Its type is printed in two spellings by the federation.
    guard message.service.value == mode.service.value,
      message.service.type?.lowercased() == mode.service.type?.lowercased()
    else {
      throw EbMSError(.processingModeMismatch, "eb:Service \(shown(message.service.value)) is not in use here")
    }
    // 7. The participants (4CT_TA01).
    for name in ["originalSender", "finalRecipient"] where !message.properties.contains(where: { $0.name == name }) {
      throw EbMSError(.valueInconsistent, "eb:MessageProperties: \(name) is missing")
    }
    for property in message.properties where ["originalSender", "finalRecipient"].contains(property.name) {
      guard property.type == nil || property.type == mode.participantScheme else {
        throw EbMSError(
          .valueNotRecognized, "eb:Property[@name='\(property.name)']/@type \(shown(property.type ?? "")) is unknown")
      }
    }
    // 8. Something to deliver.
    guard !message.parts.isEmpty else { throw EbMSError(.valueInconsistent, "eb:PayloadInfo names no part") }
  }

  private static func checkTime(_ time: Date, mode: ProcessingMode, now: Date) throws(EbMSError) {
    let age = Duration.seconds(now.timeIntervalSince(time))
    guard age >= .zero - mode.maximumAhead else {
      throw EbMSError(.valueInconsistent, "eb:Timestamp lies more than \(hours(mode.maximumAhead)) h ahead")
    }
    guard age <= mode.duplicateWindow else {
      throw EbMSError(.valueInconsistent, "eb:Timestamp is older than \(hours(mode.duplicateWindow) / 24) days")
    }
  }

  private static func hours(_ duration: Duration) -> Int64 {
    duration.components.seconds / 3_600
  }
}
