import Foundation
import Mailbox
import SDKRelay

/// `/metrics`: the node's figures. Labels are words of this program: no organisation, mailbox, person or address.
struct NodeMetrics {
  /// Nil where the database has given none yet.
  let figures: ServiceFigures?
  let measures: [MeasureFamily: [[String]: Measures.Value]]
  let certificates: [NamedCertificate]
  let freeBytes: Int?
  let reserve: Int
  let process: ProcessFigures
  let now: Date

  /// Always there, at nought before the first: an alert on what is missing would be silent.
  private static let families: [MeasureFamily] = [.as4Requests, .as4Time, .transferAttempts, .apiRequests, .apiTime]

  var text: String {
    var out = PrometheusText()
    node(&out)
    if let figures {
      messages(figures, &out)
      queues(figures.relay, &out)
      store(figures, &out)
    }
    for family in Self.families { measured(family, &out) }
    own(&out)
    return out.text
  }

  private func node(_ out: inout PrometheusText) {
    out.begin("sdkrelay_build_info", .gauge, "Always 1; the label says which version runs.")
    out.sample("sdkrelay_build_info", [("version", Program.version)], 1)
    out.gauge(
      "sdkrelay_figures_age_seconds", "Age of what the database said last: it is busy where this grows.",
      figures.map { max(0, now.timeIntervalSince($0.time)) })
    out.gauge("sdkrelay_disk_free_bytes", "Room on the data folder's disk.", freeBytes.map(Double.init))
    out.gauge("sdkrelay_disk_reserve_bytes", "Below so much room nothing new is taken.", Double(reserve))
    out.begin("sdkrelay_certificate_expiry_days", .gauge, "Days until the first certificate of the kind ends.")
    for use in Set(certificates.map(\.use)).sorted() {
      let days = certificates.filter { $0.use == use }.map { $0.daysLeft(at: now) }.min() ?? 0
      out.sample("sdkrelay_certificate_expiry_days", [("certificate", use)], Double(days))
    }
  }

  private func messages(_ figures: ServiceFigures, _ out: inout PrometheusText) {
    out.begin("sdkrelay_messages", .gauge, "Messages that are stored, by direction and status.")
    for count in figures.relay.messages {
      let labels = [("direction", count.direction.rawValue), ("status", count.status.rawValue)]
      out.sample("sdkrelay_messages", labels, Double(count.messages))
    }
    out.gauge(
      "sdkrelay_receipts_late", "Sent messages that wait for their message receipt longer than receiptAlarm.",
      Double(figures.relay.late))
    out.gauge("sdkrelay_set_aside", "Items that wait for an operator's decision.", Double(figures.relay.setAside))
    out.gauge("sdkrelay_alarms_last_day", "Alarms of the last 24 hours, at most 10000.", Double(figures.relay.alarms))
    out.gauge("sdkrelay_audit_entries", "Entries of the audit trail.", Double(figures.auditEntries))
  }

  private func queues(_ figures: RelayFigures, _ out: inout PrometheusText) {
    func family(_ name: String, _ help: String, _ value: (RelayFigures.Queue) -> Double) {
      out.begin(name, .gauge, help)
      for lane in RelayFigures.lanes {
        out.sample(name, [("lane", lane.replacing(" ", with: "_"))], value(figures.queues[lane] ?? .init()))
      }
    }
    family("sdkrelay_queue_waiting", "Work that waits for its time or a worker.") { Double($0.waiting) }
    family("sdkrelay_queue_running", "Work that is being done.") { Double($0.running) }
    family("sdkrelay_queue_oldest_due_seconds", "How long the first of it has been due.") { $0.overdue }
  }

  private func store(_ figures: ServiceFigures, _ out: inout PrometheusText) {
    let relay = figures.relay
    out.gauge("sdkrelay_database_bytes", "Size of the database's file.", Double(relay.databaseBytes))
    out.gauge("sdkrelay_database_wal_bytes", "Size of the database's log.", Double(relay.walBytes))
    out.gauge(
      "sdkrelay_backup_age_seconds", "How long ago the last backup was taken.",
      relay.lastBackup.map { max(0, now.timeIntervalSince($0)) })
  }

  private func measured(_ family: MeasureFamily, _ out: inout PrometheusText) {
    let series = (measures[family] ?? [:]).sorted { $0.key.joined(separator: "\n") < $1.key.joined(separator: "\n") }
    out.begin(family.name, family.buckets == nil ? .counter : .histogram, family.help)
    for (values, value) in series {
      let labels = zip(family.labels, values).map { (name: $0, value: $1) }
      guard let bounds = family.buckets else {
        out.sample(family.name, labels, Double(value.count))
        continue
      }
      for (bound, count) in zip(bounds, value.buckets) {
        out.sample("\(family.name)_bucket", labels + [("le", PrometheusText.number(bound))], Double(count))
      }
      out.sample("\(family.name)_bucket", labels + [("le", "+Inf")], Double(value.count))
      out.sample("\(family.name)_sum", labels, value.sum)
      out.sample("\(family.name)_count", labels, Double(value.count))
    }
  }

  private func own(_ out: inout PrometheusText) {
    out.gauge("process_resident_memory_bytes", "Memory in use.", process.residentBytes.map(Double.init))
    out.gauge("process_open_fds", "Open files and sockets.", process.openFiles.map(Double.init))
    let uptime = Double(process.uptime.components.seconds)
    out.gauge("process_uptime_seconds", "How long the process has run.", uptime)
  }
}
