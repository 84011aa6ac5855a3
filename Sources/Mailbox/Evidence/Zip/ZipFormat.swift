/// The zip files of this room (PKWARE APPNOTE 6.3): every entry is stored as it is, one after the other without a gap,
/// then the list of entries, then the end record without a comment. No encryption, no second disk, no zip64.
enum ZipFormat {
  static let localSignature = 0x0403_4B50
  static let centralSignature = 0x0201_4B50
  static let endSignature = 0x0605_4B50
  static let localLength = 30
  static let centralLength = 46
  static let endLength = 22
  /// In bytes; what four bytes can say.
  static let maximumBytes = Int(UInt32.max) - 1
  static let maximumEntries = 200
  static let maximumName = 128

  /// Whether the name is a relative path of plain words: nothing that leaves a folder, whoever unpacks it.
  static func isPlain(_ name: String) -> Bool {
    let words = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return name.utf8.count <= maximumName
      && words.allSatisfy { word in
        guard let first = word.first, first != UInt8(ascii: ".") else { return false }
        return word.allSatisfy { byte in
          switch byte {
          case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
          case UInt8(ascii: "0")...UInt8(ascii: "9"): true
          default: ".-_".utf8.contains(byte)
          }
        }
      }
  }
}

/// Why a zip file cannot be made or read.
enum ZipProblem: Error, Hashable, CustomStringConvertible {
  case tooLarge
  case unreadable(String)
  case duplicate(String)

  var description: String {
    switch self {
    case .tooLarge: "a zip file of this kind holds less than 4 GB"
    case .unreadable(let reason): reason
    case .duplicate(let name): "the entry \(name) occurs twice"
    }
  }
}
