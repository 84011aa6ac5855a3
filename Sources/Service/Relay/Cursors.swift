import Crypto
import Foundation

/// Marks of places in lists, as clients keep them: opaque, and different each time.
///
/// Their numbers count everything in the node. A client that could read them would learn how much there is for others,
/// and one that saw them stay the same, when there is nothing.
struct Cursors: Sendable {
  enum List: String {
    case events, conversations, messages, cases
  }

  private let key: SymmetricKey

  init(_ secret: P256.Signing.PrivateKey) {
    key = HKDF<SHA256>.deriveKey(
      inputKeyMaterial: SymmetricKey(data: secret.rawRepresentation), info: Data("sdk-relay cursors 1".utf8),
      outputByteCount: 32)
  }

  func seal(_ number: Int64, of list: List) -> String {
    let bytes = withUnsafeBytes(of: number.bigEndian) { Data($0) }
    // AES-GCM with a nonce made by it fails for no message of this size.
    let box = try? AES.GCM.seal(bytes, using: key, authenticating: Data(list.rawValue.utf8))
    return box?.combined?.base64url ?? ""
  }

  /// Nil for what no node with this key has sealed for this list.
  func open(_ text: String, of list: List) -> Int64? {
    guard text.utf8.count == 48, let data = Data(base64url: text), let box = try? AES.GCM.SealedBox(combined: data),
      let bytes = try? AES.GCM.open(box, using: key, authenticating: Data(list.rawValue.utf8)), bytes.count == 8
    else { return nil }
    return bytes.reduce(0) { $0 << 8 | Int64($1) }
  }

  static let schema = Schema.text(pattern: "^[A-Za-z0-9_-]{48}$")
}
