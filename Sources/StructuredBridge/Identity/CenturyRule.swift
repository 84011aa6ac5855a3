import Mailbox

/// Which year two digits stand for. `-` stands until the year before the one in which a person turns 100, `+` from that
/// year on, whether the birthday has been or not.
struct CenturyRule {
  let today: Day

  /// Within the last hundred calendar years, this one counted; with `+` a hundred before.
  func year(_ digits: Int, isPlus: Bool) -> Int {
    let age = (today.year - digits) % 100
    return today.year - age - (isPlus ? 100 : 0)
  }
}
