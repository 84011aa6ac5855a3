import Crypto
import Foundation
import XMLSecurity

/// The key that signs the node's own tokens: made at first use, closed to others.
enum TokenKey {
  static func open(in folder: URL) throws -> P256.Signing.PrivateKey {
    let file = folder.appending(path: "token-key.pem")
    if let pem = try? String(contentsOf: file, encoding: .utf8) {
      return try P256.Signing.PrivateKey(pemRepresentation: pem)
    }
    let key = P256.Signing.PrivateKey()
    let new = try Spool(folder: folder).create()
    try new.write(key.pemRepresentation)
    try new.close()
    try new.keep(as: file.lastPathComponent)
    return key
  }
}
