/// What is unusual about an event after those that were observed before it. It is information: events are fetched late
/// and in any order, and none is ever refused for that.
public enum OrderRemark: Hashable, Sendable {
  /// What usually comes before has not been observed yet.
  case before(EventKind)
  /// What usually comes after was observed already.
  case late(EventKind)
  /// The case had ended.
  case afterEnd(EventKind)
  /// An event that comes once in a case was observed before.
  case repeated
}

public enum EventOrder {
  /// - Parameter observed: the kinds of the case's earlier observations, in any order.
  public static func remarks(on kind: EventKind, after observed: Set<EventKind>) -> [OrderRemark] {
    var remarks: [OrderRemark] = []
    if observed.contains(kind), repeatable.contains(kind) == false { remarks.append(.repeated) }
    if let before = kind.follows, !observed.contains(before) { remarks.append(.before(before)) }
    for other in EventKind.allCases where observed.contains(other) && comes(kind, before: other) {
      remarks.append(.late(other))
    }
    for end in EventKind.allCases
    where end.isEnd && end != kind && observed.contains(end) && kind.follows == .decision {
      remarks.append(.afterEnd(end))
    }
    return remarks
  }

  private static let repeatable: Set<EventKind> = [.change, .residentQuery, .establishmentQuery]

  private static func comes(_ kind: EventKind, before other: EventKind) -> Bool {
    var step = other.follows
    while let earlier = step {
      if earlier == kind { return true }
      step = earlier.follows
    }
    return false
  }
}
