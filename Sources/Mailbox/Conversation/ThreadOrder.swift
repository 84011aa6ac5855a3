public import SDKRelay

/// Where a message stands in its conversation.
public struct ThreadPlace: Hashable, Sendable {
  /// How many messages lie between it and the one that began its branch.
  public let depth: Int
  /// It answers a message that is not here, or not for whoever asks: it stands by its time.
  public let isOrphan: Bool
  /// An answer to it was here before it.
  public let isLate: Bool
}

/// The order of a conversation: what answers nothing here by its arrival, and behind each message its answers, by
/// theirs. References are the senders' words: one that leads nowhere, to itself or in a circle leaves an orphan.
enum ThreadOrder {
  struct Item {
    let row: Int64
    let id: MessageID
    let reference: MessageID?
  }

  static func places(_ items: [Item]) -> [(index: Int, place: ThreadPlace)] {
    let order = items.indices.sorted { items[$0].row < items[$1].row }
    var known: [MessageID: Int] = [:]
    for index in order where known[items[index].id] == nil { known[items[index].id] = index }
    let parents = items.map { item in item.reference.flatMap { known[$0] } }
    let roots = roots(order, parents)
    var answers: [Int: [Int]] = [:]
    for index in order where !roots.contains(index) {
      if let parent = parents[index] { answers[parent, default: []].append(index) }
    }
    var result: [(Int, ThreadPlace)] = []
    // The last is taken first.
    var open = order.filter(roots.contains).reversed().map { (index: $0, depth: 0) }
    while let (index, depth) = open.popLast() {
      let own = answers[index] ?? []
      let place = ThreadPlace(
        depth: depth, isOrphan: items[index].reference != nil && roots.contains(index),
        isLate: own.contains { items[$0].row < items[index].row })
      result.append((index, place))
      open += own.reversed().map { ($0, depth + 1) }
    }
    return result
  }

  /// What answers nothing here, and of each circle of references the oldest.
  private static func roots(_ order: [Int], _ parents: [Int?]) -> Set<Int> {
    var roots: Set<Int> = []
    var settled: Set<Int> = []
    for start in order {
      var path: Set<Int> = []
      var next: Int? = start
      while let index = next, !settled.contains(index), path.insert(index).inserted { next = parents[index] }
      if let end = next, !settled.contains(end) {
        // The path came back to where it had been.
        let members = Set(circle(from: end, parents))
        if let oldest = order.first(where: members.contains) { roots.insert(oldest) }
      }
      settled.formUnion(path)
    }
    for index in order where parents[index] == nil { roots.insert(index) }
    return roots
  }

  private static func circle(from start: Int, _ parents: [Int?]) -> [Int] {
    var members = [start]
    var next = parents[start]
    while let index = next, index != start {
      members.append(index)
      next = parents[index]
    }
    return members
  }
}
